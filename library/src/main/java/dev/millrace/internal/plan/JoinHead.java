package dev.millrace.internal.plan;

/**
 * The row of a key that records of a join wait for: the earliest time on each side, which shows
 * whether a side has any, and when the first of them is to go.
 *
 * @param leftFirstMs the time of the first left record, or {@link #NONE}
 * @param rightFirstMs the time of the first right record, or {@link #NONE}
 */
public record JoinHead(long leftFirstMs, long rightFirstMs) {

  /** The time of a side that has no record; after all others. */
  public static final long NONE = Long.MAX_VALUE;
}
