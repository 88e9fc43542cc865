package dev.millrace.window;

import java.time.Instant;

/**
 * The figures of the records since the last firing, by which a trigger decides.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param count how many records, at least 1
 * @param first the smallest of their times
 * @param last the largest of their times
 * @param opened the worker's clock when the first of them came
 */
public record Pane(long count, Instant first, Instant last, Instant opened) {}
