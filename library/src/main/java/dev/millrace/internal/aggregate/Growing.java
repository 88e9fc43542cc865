package dev.millrace.internal.aggregate;

import java.util.List;

/**
 * An aggregation whose accumulators grow with what they have seen.
 *
 * @param <A> the accumulator
 */
public interface Growing<A> {

  /** {@return how many values of records an accumulator has in it} */
  int size(A accumulator);

  /**
   * {@return whether a partial result has so much in it that the next record begins another one}
   */
  boolean isLarge(A accumulator);

  /**
   * {@return partial results that merge to this one, for a record that it does not fit into; empty
   * if it cannot be divided}
   */
  List<Part<A>> divided(A accumulator);

  /**
   * A part of a partial result.
   *
   * @param accumulator shares nothing that may change with other parts
   * @param records how many records were added to it, less those taken back
   */
  record Part<A>(A accumulator, long records) {}
}
