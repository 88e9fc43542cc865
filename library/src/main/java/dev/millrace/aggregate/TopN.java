package dev.millrace.aggregate;

import dev.millrace.error.ConfigurationException;
import dev.millrace.function.MapFunction;
import dev.millrace.internal.type.TypeInference;
import dev.millrace.internal.type.Types;
import dev.millrace.serde.TypeRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The records that a function ranks highest, the highest first. */
record TopN<T, C extends Comparable<? super C>>(int n, Class<T> type, MapFunction<T, C> by)
    implements Aggregation<T, List<T>, List<T>> {

  TopN {
    if (n < 1) {
      throw new ConfigurationException("Cannot keep the top " + n + ": it must be 1 or more");
    }
  }

  @Override
  public List<T> create() {
    return new ArrayList<>();
  }

  @Override
  public List<T> add(List<T> accumulator, T value) throws Exception {
    C rank = ValueRules.given(by.apply(value));
    int at = accumulator.size();
    while (at > 0 && by.apply(accumulator.get(at - 1)).compareTo(rank) < 0) {
      at--;
    }
    if (at < n) {
      accumulator.add(at, value);
      if (accumulator.size() > n) {
        accumulator.remove(n);
      }
    }
    return accumulator;
  }

  @Override
  public List<T> merge(List<T> left, List<T> right) throws Exception {
    List<T> merged = left;
    for (T value : right) {
      merged = add(merged, value);
    }
    return merged;
  }

  @Override
  public List<T> finish(List<T> accumulator) {
    return List.copyOf(accumulator);
  }

  @Override
  public TypeRef<List<T>> accumulatorType() {
    return TypeRef.ofType(Types.parameterized(List.class, type));
  }

  @Override
  public TypeRef<List<T>> resultType() {
    return accumulatorType();
  }

  @Override
  public Optional<RetractableAggregation<T, ?, List<T>>> retractable() {
    ValueRules.checkRecognisable("topN", type);
    Class<?> rank =
        TypeInference.resultOf(by, MapFunction.class, 1, type)
            .<Class<?>>map(shown -> Types.raw(Types.box(shown)))
            .orElse(Object.class);
    return Optional.of(new RetractableTopN<>(n, type, by, rank));
  }
}
