package dev.millrace.internal.fold;

import dev.millrace.aggregate.Aggregation;
import dev.millrace.aggregate.RetractableAggregation;
import dev.millrace.function.ReduceFunction;
import dev.millrace.internal.aggregate.Spreading;
import dev.millrace.internal.type.Types;
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

  /** {@return the values of a type combined into one} */
  public static Fold of(ReduceFunction<?> function, Type type) {
    return new Fold(FoldFunction.of(function), type, type, true);
  }

  /** {@return an aggregation of records that are only added} */
  public static Fold of(Aggregation<?, ?, ?> aggregation) {
    return of(FoldFunction.of(aggregation), aggregation);
  }

  /** {@return an aggregation of records that are taken back as well} */
  public static Fold retracting(RetractableAggregation<?, ?, ?> aggregation) {
    return of(FoldFunction.retracting(aggregation), aggregation);
  }

  private static Fold of(FoldFunction function, Aggregation<?, ?, ?> aggregation) {
    return new Fold(
        function, aggregation.accumulatorType().type(), aggregation.resultType().type(), true);
  }

  /** {@return whether records can be taken back, so that a key may be left with none} */
  public boolean takesRetractions() {
    return function.retraction() != null;
  }

  /**
   * {@return the type of the rows of a running aggregate: the accumulator, with the number of
   * records only where they can be taken back, since others never become fewer}
   */
  public Type rowType() {
    Spreading<Object, Object> spreading = function.spreading();
    if (spreading != null) {
      return Types.parameterized(
          GroupRow.class, Types.box(spreading.valueType()), Types.box(resultType));
    }
    return takesRetractions()
        ? Types.parameterized(CountedRow.class, accumulatorType)
        : accumulatorType;
  }

  /** {@return the same aggregate, done after the shuffle only, record by record} */
  public Fold sequential() {
    return new Fold(function, accumulatorType, resultType, false);
  }
}
