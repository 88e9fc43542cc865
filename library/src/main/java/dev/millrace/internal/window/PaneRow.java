package dev.millrace.internal.window;

/**
 * The records of a key since its last firing.
 *
 * @param accumulator the aggregate over them
 * @param count how many they are
 * @param firstMs the smallest of their times
 * @param lastMs the largest of their times
 * @param openedMs the clock's reading when the first of them came
 * @param eventTimerMs when it fires by event time; {@link Long#MAX_VALUE} for never
 * @param clockTimerMs when it fires by the clock; {@link Long#MAX_VALUE} for never
 */
public record PaneRow<A>(
    A accumulator,
    long count,
    long firstMs,
    long lastMs,
    long openedMs,
    long eventTimerMs,
    long clockTimerMs) {}
