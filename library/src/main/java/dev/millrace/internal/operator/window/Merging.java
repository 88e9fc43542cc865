package dev.millrace.internal.operator.window;

import dev.millrace.internal.operator.Folding;
import dev.millrace.internal.plan.FoldFunction;
import java.util.function.UnaryOperator;

/**
 * The merging of accumulators that stay in use: since a merge may change its arguments, it gets
 * copies of those that can be changed.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class Merging {

  private final FoldFunction fold;
  private final UnaryOperator<Object> copy;

  /** Creates the merging of accumulators that {@code copy} makes copies of. */
  Merging(FoldFunction fold, UnaryOperator<Object> copy) {
    this.fold = fold;
    this.copy = copy;
  }

  /** {@return the accumulator of both, the older one first; neither is changed} */
  Object merge(Object older, Object newer) {
    return consume(copy.apply(older), copy.apply(newer));
  }

  /** {@return the accumulator of both; the first must not be used any more} */
  Object mergeInto(Object older, Object newer) {
    return consume(older, copy.apply(newer));
  }

  /** {@return an accumulator that may be changed without changing this one} */
  Object copy(Object accumulator) {
    return copy.apply(accumulator);
  }

  private Object consume(Object older, Object newer) {
    try {
      return fold.merge(older, newer);
    } catch (Exception e) {
      throw Folding.finishFailed(e, "of a window that is put together from slices");
    }
  }
}
