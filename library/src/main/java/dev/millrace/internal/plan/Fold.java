package dev.millrace.internal.plan;

import java.lang.reflect.Type;

/**
 * An incremental aggregate with everything the engine has to know of it, types erased.
 *
 * @param function the four steps
 * @param accumulatorType what is kept in state and, as a partial result, in frames
 * @param resultType what comes out
 * @param combinable whether partial results may be made before the shuffle
 */
public record Fold(
    FoldFunction function, Type accumulatorType, Type resultType, boolean combinable) {

  /** {@return the same aggregate, done after the shuffle only, record by record} */
  public Fold sequential() {
    return new Fold(function, accumulatorType, resultType, false);
  }
}
