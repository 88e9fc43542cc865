package dev.millrace.internal.stage;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A distribution that one thread counts and others read, as a {@link Counter} is. To count a value
 * allocates nothing.
 *
 * <p>A reader may see a sum with one value more than the buckets, or one less.
 *
 * <p><b>Threads.</b> Written by one thread, readable by any.
 */
public final class Histogram {

  private static final VarHandle COUNTS = MethodHandles.arrayElementVarHandle(long[].class);
  private static final VarHandle SUM;

  static {
    try {
      SUM = MethodHandles.lookup().findVarHandle(Histogram.class, "sum", double.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Buckets buckets;
  private final long[] counts;

  /** Not a whole number: ages of old records in nanoseconds would soon be more than one can be. */
  @SuppressWarnings("unused") // read and written through the handle
  private double sum;

  Histogram(Buckets buckets) {
    this.buckets = buckets;
    this.counts = new long[buckets.bounds() + 1];
  }

  /** Counts a value; a negative one, such as the age of what is of the future, is 0. */
  public void observe(long value) {
    int bucket = buckets.of(value);
    COUNTS.setOpaque(counts, bucket, counts[bucket] + 1);
    SUM.setOpaque(this, sum + Math.max(0, value));
  }

  /** {@return how many buckets there are, with the last, which has no bound} */
  public int size() {
    return counts.length;
  }

  /** {@return the bound of a bucket; {@link Double#POSITIVE_INFINITY} for the last} */
  public double bound(int bucket) {
    return bucket < buckets.bounds() ? (double) buckets.bound(bucket) : Double.POSITIVE_INFINITY;
  }

  /** {@return how many values fell into one bucket, as of a moment ago} */
  public long count(int bucket) {
    return (long) COUNTS.getOpaque(counts, bucket);
  }

  /** {@return the sum of all values, as of a moment ago} */
  public double sum() {
    return (double) SUM.getOpaque(this);
  }
}
