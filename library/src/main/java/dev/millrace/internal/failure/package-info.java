/**
 * The fate of records that fail: dropped, sent to a topic of dead letters, tried again, or the end
 * of the worker, as the policy of a step demands.
 *
 * <p>Start with {@link dev.millrace.internal.failure.TaskFailures}.
 */
@NullMarked
package dev.millrace.internal.failure;

import org.jspecify.annotations.NullMarked;
