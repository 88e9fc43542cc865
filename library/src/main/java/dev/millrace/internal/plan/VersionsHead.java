package dev.millrace.internal.plan;

/**
 * The row of a key in a join as of event time: what there is of it, and when the first of it is to
 * go.
 *
 * @param stream the first record that waits
 * @param oldestMs the time of the oldest version of the row, or {@link #NEVER}
 * @param nextMs the time of the version after that, or {@link #NEVER}
 * @param oldestIsGone whether the row is deleted in the oldest version
 */
public record VersionsHead(JoinFirst stream, long oldestMs, long nextMs, boolean oldestIsGone) {

  /** The time of a version that is not there; after all others. */
  public static final long NEVER = Long.MAX_VALUE;

  /** The head of a key that has nothing; not kept. */
  public static final VersionsHead NONE = new VersionsHead(JoinFirst.NONE, NEVER, NEVER, false);

  /**
   * {@return the time at which something can go, when the watermark is past it: a record has its
   * row, a version is replaced by the next, or a row is deleted}
   */
  public long dueMs() {
    return Math.min(Math.min(stream.timeMs(), nextMs), oldestIsGone ? oldestMs : NEVER);
  }

  /** {@return the same with a record that waits} */
  public VersionsHead withRecord(long timeMs, long arrival) {
    return new VersionsHead(stream.and(timeMs, arrival), oldestMs, nextMs, oldestIsGone);
  }

  /** {@return the same with a version, which may replace one of the same time} */
  public VersionsHead withVersion(long timeMs, boolean isGone) {
    if (timeMs < oldestMs) {
      return new VersionsHead(stream, timeMs, oldestMs, isGone);
    }
    if (timeMs == oldestMs) {
      return new VersionsHead(stream, oldestMs, nextMs, isGone);
    }
    return new VersionsHead(stream, oldestMs, Math.min(nextMs, timeMs), oldestIsGone);
  }
}
