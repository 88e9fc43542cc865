package dev.millrace.internal.task;

/**
 * A commit that has succeeded: the worker was a member of its group when brokers checked it, so
 * that nobody else had committed anything of its tasks by then.
 *
 * @param number counts those of a worker, from 1
 * @param sinceNanos a time before that check
 * @param wallMs the same by the wall clock
 */
public record Proof(long number, long sinceNanos, long wallMs) {}
