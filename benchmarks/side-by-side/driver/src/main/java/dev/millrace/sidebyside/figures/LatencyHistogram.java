package dev.millrace.sidebyside.figures;

/**
 * A histogram of latencies, in buckets that are less than one percent wide.
 *
 * <p>A power of two is cut into 128 buckets of the same width, so that any latency takes one array
 * element.
 *
 * <p><b>Threads.</b> One.
 */
public final class LatencyHistogram {

  private static final int BITS = 7;
  private static final int BUCKETS_PER_POWER = 1 << BITS;

  private final long[] buckets = new long[BUCKETS_PER_POWER * (65 - BITS)];
  private long count;
  private long maxMicros;

  /** Adds a latency; a negative one counts as 0. */
  public void record(long micros) {
    long latency = Math.max(0, micros);
    buckets[bucket(latency)]++;
    count++;
    maxMicros = Math.max(maxMicros, latency);
  }

  /** {@return how many were added} */
  public long count() {
    return count;
  }

  /** {@return the longest, exactly, in microseconds} */
  public long maxMicros() {
    return maxMicros;
  }

  /**
   * {@return the latency that a share of all do not exceed, in microseconds, or 0 without any}
   *
   * @param share between 0 and 1
   */
  public long micros(double share) {
    long wanted = Math.max(1, (long) Math.ceil(share * count));
    long seen = 0;
    for (int i = 0; i < buckets.length; i++) {
      seen += buckets[i];
      if (seen >= wanted) {
        return Math.min(maxMicros, highest(i));
      }
    }
    return maxMicros;
  }

  private static int bucket(long micros) {
    if (micros < BUCKETS_PER_POWER) {
      return (int) micros;
    }
    int shift = 63 - Long.numberOfLeadingZeros(micros) - BITS;
    return (shift << BITS) + (int) (micros >>> shift);
  }

  /** The greatest latency of a bucket. */
  private static long highest(int bucket) {
    if (bucket < BUCKETS_PER_POWER) {
      return bucket;
    }
    int shift = (bucket >>> BITS) - 1;
    long mantissa = bucket - ((long) shift << BITS);
    return ((mantissa + 1) << shift) - 1;
  }
}
