/**
 * What {@link dev.millrace.JobAdmin} is asked and answers: jobs, their status, resets, and records
 * made readable. Values only.
 */
@NullMarked
package dev.millrace.admin;

import org.jspecify.annotations.NullMarked;
