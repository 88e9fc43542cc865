/**
 * The questions to {@link dev.millrace.JobAdmin} and its answers: jobs, their status, resets,
 * evictions, dead letters, and records made readable. Values only.
 */
@NullMarked
package dev.millrace.admin;

import org.jspecify.annotations.NullMarked;
