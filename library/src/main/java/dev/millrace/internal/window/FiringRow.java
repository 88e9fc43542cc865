package dev.millrace.internal.window;

/**
 * The progress of a firing that one transaction could not hold; there is no such row while nothing
 * is due.
 *
 * @param closedUpToMs the end of the last window that has fired for all keys
 * @param windowEndMs the end of the window that is firing, if {@code midway}
 * @param midway whether a window is firing
 * @param after the last key of that window that has fired
 */
@SuppressWarnings("ArrayRecordComponent") // never compared, never changed
public record FiringRow(long closedUpToMs, long windowEndMs, boolean midway, byte[] after) {}
