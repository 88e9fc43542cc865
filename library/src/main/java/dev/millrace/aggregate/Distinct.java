package dev.millrace.aggregate;

import dev.millrace.function.MapFunction;
import dev.millrace.serde.TypeRef;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/** The distinct values that a function gives for the records. */
record Distinct<T, C>(MapFunction<T, C> of, Class<C> type) implements OfDistinct<T, C, Set<C>> {

  @Override
  public Set<C> finish(Set<C> accumulator) {
    return new LinkedHashSet<>(accumulator);
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
  record Count<T, C>(MapFunction<T, C> of, Class<C> type) implements OfDistinct<T, C, Long> {

    @Override
    public Long finish(Set<C> accumulator) {
      return (long) accumulator.size();
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
