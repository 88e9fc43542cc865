package dev.millrace.aggregate;

import dev.millrace.internal.type.Types;
import dev.millrace.serde.TypeRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** All records, in the order in which they came. */
record ToList<T>(TypeRef<T> type) implements Aggregation<T, List<T>, List<T>> {

  @Override
  public List<T> create() {
    return new ArrayList<>();
  }

  @Override
  public List<T> add(List<T> accumulator, T value) {
    accumulator.add(value);
    return accumulator;
  }

  @Override
  public List<T> merge(List<T> left, List<T> right) {
    left.addAll(right);
    return left;
  }

  @Override
  public List<T> finish(List<T> accumulator) {
    return List.copyOf(accumulator);
  }

  @Override
  public TypeRef<List<T>> accumulatorType() {
    return TypeRef.ofType(Types.parameterized(List.class, type.type()));
  }

  @Override
  public TypeRef<List<T>> resultType() {
    return accumulatorType();
  }

  @Override
  public Optional<RetractableAggregation<T, ?, List<T>>> retractable() {
    ValueRules.checkRecognisable("toList", type.type());
    return Optional.of(new RetractableList<>(type));
  }
}
