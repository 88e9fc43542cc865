/**
 * Workers: the threads that poll, let tasks process, and commit.
 *
 * <p>Start with {@link dev.millrace.internal.runtime.Worker}: its loop is the engine. A worker
 * serves one stage and owns a consumer, a sender and any number of {@link
 * dev.millrace.internal.task.Task}s, each of which has one input partition's operators, state,
 * positions and watermarks.
 */
@NullMarked
package dev.millrace.internal.runtime;

import org.jspecify.annotations.NullMarked;
