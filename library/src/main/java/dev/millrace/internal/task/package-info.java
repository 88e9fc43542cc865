/**
 * A task while it runs: the chain of its operators, their inputs and outputs, and their rows.
 *
 * <p>Start with {@link dev.millrace.internal.task.Task} and {@link
 * dev.millrace.internal.task.TaskLife}. A task knows nothing of consumers, transactions and the
 * worker that serves it; it gets what was fetched, and is notified when a commit begins or has
 * happened.
 */
@NullMarked
package dev.millrace.internal.task;

import org.jspecify.annotations.NullMarked;
