/**
 * The operations on a job as a whole: listing jobs, the status of one, resetting and deleting it,
 * and reading its topics. They know a job by what it keeps in Kafka, and need none of its program.
 */
@NullMarked
package dev.millrace.internal.admin;

import org.jspecify.annotations.NullMarked;
