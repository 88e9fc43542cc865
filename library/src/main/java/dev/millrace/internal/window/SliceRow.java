package dev.millrace.internal.window;

import java.util.List;

/**
 * Neighbouring slices of a key, which are kept as one row.
 *
 * @param slices those that have records, in the order of their ends
 */
public record SliceRow<A>(List<Slice<A>> slices) {

  /**
   * One slice.
   *
   * @param beforeRowEndMs how far the slice's end lies before the row's end, milliseconds
   * @param accumulator the aggregate over its records
   */
  public record Slice<A>(long beforeRowEndMs, A accumulator) {}
}
