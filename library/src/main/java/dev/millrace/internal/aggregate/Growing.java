package dev.millrace.internal.aggregate;

/**
 * An aggregation whose accumulators grow with what they have seen.
 *
 * @param <A> the accumulator
 */
public interface Growing<A> {

  /**
   * {@return whether a partial result has so much in it that the next record begins another one}
   */
  boolean isLarge(A accumulator);
}
