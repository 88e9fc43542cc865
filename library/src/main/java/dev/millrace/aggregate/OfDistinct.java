package dev.millrace.aggregate;

import dev.millrace.function.MapFunction;
import dev.millrace.internal.type.Types;
import dev.millrace.serde.TypeRef;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * An aggregate of the distinct values that a function gives for the records.
 *
 * @param <T> the records
 * @param <C> the values
 * @param <R> the result
 */
interface OfDistinct<T, C, R> extends Aggregation<T, Set<C>, R> {

  /** {@return the function} */
  MapFunction<T, C> of();

  /** {@return the type of the values} */
  Class<C> type();

  @Override
  default Set<C> create() {
    return new LinkedHashSet<>();
  }

  @Override
  default Set<C> add(Set<C> accumulator, T value) throws Exception {
    accumulator.add(ValueRules.given(of().apply(value)));
    return accumulator;
  }

  @Override
  default Set<C> merge(Set<C> left, Set<C> right) {
    left.addAll(right);
    return left;
  }

  @Override
  default TypeRef<Set<C>> accumulatorType() {
    return TypeRef.ofType(Types.parameterized(Set.class, type()));
  }
}
