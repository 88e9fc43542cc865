package dev.millrace.internal.commit;

import java.util.Arrays;

/**
 * The median of the latest of some durations, which one that is out of the ordinary does not move.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class MedianTime {

  private final long[] latest;
  private final long[] sorted;
  private int count;
  private int next;
  private long nanos;

  /**
   * Creates a median of nothing, which is 0.
   *
   * @param size how many durations count
   */
  MedianTime(int size) {
    this.latest = new long[size];
    this.sorted = new long[size];
  }

  /** Adds a duration, and forgets the oldest one if there are enough. */
  void add(long durationNanos) {
    latest[next] = durationNanos;
    next = (next + 1) % latest.length;
    count = Math.min(count + 1, latest.length);
    System.arraycopy(latest, 0, sorted, 0, count);
    Arrays.sort(sorted, 0, count);
    nanos = sorted[(count - 1) / 2];
  }

  /** {@return the median; of two in the middle the shorter one} */
  long nanos() {
    return nanos;
  }
}
