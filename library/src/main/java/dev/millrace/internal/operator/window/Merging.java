package dev.millrace.internal.operator.window;

import dev.millrace.internal.fold.FoldFunction;
import java.util.function.UnaryOperator;

/**
 * The merging of accumulators that stay in use: since a merge may change its arguments, it gets
 * copies of those that can be changed.
 *
 * <p>A merge that fails makes a {@link Failed}, as does any merge with one: what fails is the
 * window that is put together, and {@link WindowResults} deals with it. The slices are as they
 * were.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class Merging {

  /** The stand-in for an accumulator that could not be made. */
  record Failed(Exception cause) {}

  private final FoldFunction fold;
  private final UnaryOperator<Object> copy;

  /** Creates the merging of accumulators that {@code copy} makes copies of. */
  Merging(FoldFunction fold, UnaryOperator<Object> copy) {
    this.fold = fold;
    this.copy = copy;
  }

  /** {@return the accumulator of both, the older one first; neither is changed} */
  Object merge(Object older, Object newer) {
    return consume(copy(older), copy(newer));
  }

  /** {@return the accumulator of both; the first must not be used any more} */
  Object mergeInto(Object older, Object newer) {
    return consume(older, copy(newer));
  }

  /** {@return an accumulator that may be changed without changing this one} */
  Object copy(Object accumulator) {
    return accumulator instanceof Failed ? accumulator : copy.apply(accumulator);
  }

  private Object consume(Object older, Object newer) {
    if (older instanceof Failed) {
      return older;
    }
    if (newer instanceof Failed) {
      return newer;
    }
    try {
      return fold.merge(older, newer);
    } catch (Exception e) {
      return new Failed(e);
    }
  }
}
