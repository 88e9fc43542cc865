package dev.millrace.aggregate;

import dev.millrace.function.MapFunction;
import dev.millrace.internal.type.Types;
import dev.millrace.serde.TypeRef;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/** The distinct values that a function gives for the records. */
record Distinct<T, C>(MapFunction<T, C> of, Class<C> type)
    implements Aggregation<T, Set<C>, Set<C>> {

  @Override
  public Set<C> create() {
    return new LinkedHashSet<>();
  }

  @Override
  public Set<C> add(Set<C> accumulator, T value) throws Exception {
    accumulator.add(ValueRules.given(of.apply(value)));
    return accumulator;
  }

  @Override
  public Set<C> merge(Set<C> left, Set<C> right) {
    left.addAll(right);
    return left;
  }

  @Override
  public Set<C> finish(Set<C> accumulator) {
    return new LinkedHashSet<>(accumulator);
  }

  @Override
  public TypeRef<Set<C>> accumulatorType() {
    return TypeRef.ofType(Types.parameterized(Set.class, type));
  }

  @Override
  public TypeRef<Set<C>> resultType() {
    return accumulatorType();
  }

  @Override
  public Optional<RetractableAggregation<T, ?, Set<C>>> retractable() {
    ValueRules.checkRecognisable("distinct", type);
    return Optional.of(new RetractableDistinct<>(of, type));
  }

  /** The number of distinct values. */
  record Count<T, C>(MapFunction<T, C> of, Class<C> type) implements Aggregation<T, Set<C>, Long> {

    @Override
    public Set<C> create() {
      return new LinkedHashSet<>();
    }

    @Override
    public Set<C> add(Set<C> accumulator, T value) throws Exception {
      accumulator.add(ValueRules.given(of.apply(value)));
      return accumulator;
    }

    @Override
    public Set<C> merge(Set<C> left, Set<C> right) {
      left.addAll(right);
      return left;
    }

    @Override
    public Long finish(Set<C> accumulator) {
      return (long) accumulator.size();
    }

    @Override
    public TypeRef<Set<C>> accumulatorType() {
      return TypeRef.ofType(Types.parameterized(Set.class, type));
    }

    @Override
    public TypeRef<Long> resultType() {
      return TypeRef.of(Long.class);
    }

    @Override
    public Optional<RetractableAggregation<T, ?, Long>> retractable() {
      ValueRules.checkRecognisable("countDistinct", type);
      return Optional.of(new RetractableDistinct.Count<>(of, type));
    }
  }
}
