/**
 * Workers: the threads that poll, let tasks process, and commit.
 *
 * <p>A {@link dev.millrace.internal.runtime.Worker} serves one stage and owns a consumer, a sender
 * and any number of {@link dev.millrace.internal.task.Task}s, each of which has one input
 * partition's operators, state, positions and watermarks. Start with {@code WorkerLoop}, which is
 * the engine, and {@code WorkerLife}, the phases that all parts of a worker go by; {@code
 * WorkerParts} shows which of them know which others.
 */
@NullMarked
package dev.millrace.internal.runtime;

import org.jspecify.annotations.NullMarked;
