package dev.millrace.aggregate;

import dev.millrace.internal.aggregate.Growing;
import dev.millrace.internal.type.Types;
import dev.millrace.serde.TypeRef;
import java.lang.reflect.Type;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An aggregate that keeps each value of its records with how often it is there, so that what a
 * smaller accumulator would have forgotten is still there when a record is taken back.
 *
 * <p>Values are the same if they are {@code equals}. A count below zero stands for records that
 * were taken back before a shuffle, apart from where they were added; the other side of it comes
 * with a merge, and no value stays with a count of zero.
 *
 * @param <T> the records
 * @param <V> the values
 * @param <R> the result
 */
interface OfValues<T, V, R>
    extends RetractableAggregation<T, Map<V, Long>, R>, Growing<Map<V, Long>> {

  /** So many values of seven kilobytes each still fit into a record of a shuffle undivided. */
  int MOST_IN_A_PARTIAL = 128;

  /** {@return the value of a record, never null} */
  V valueOf(T record) throws Exception;

  /** {@return the type of the values} */
  Type valueType();

  @Override
  default Map<V, Long> create() {
    return new LinkedHashMap<>();
  }

  @Override
  default Map<V, Long> add(Map<V, Long> accumulator, T record) throws Exception {
    return changed(accumulator, valueOf(record), 1);
  }

  @Override
  default Map<V, Long> retract(Map<V, Long> accumulator, T record) throws Exception {
    return changed(accumulator, valueOf(record), -1);
  }

  @Override
  default Map<V, Long> merge(Map<V, Long> left, Map<V, Long> right) {
    Map<V, Long> merged = left;
    for (Map.Entry<V, Long> entry : right.entrySet()) {
      merged = changed(merged, entry.getKey(), entry.getValue());
    }
    return merged;
  }

  @Override
  default int size(Map<V, Long> accumulator) {
    return accumulator.size();
  }

  @Override
  default boolean isLarge(Map<V, Long> accumulator) {
    return accumulator.size() >= MOST_IN_A_PARTIAL;
  }

  @Override
  default List<Part<Map<V, Long>>> divided(Map<V, Long> accumulator) {
    if (accumulator.size() < 2) {
      return List.of();
    }
    Map<V, Long> first = new LinkedHashMap<>();
    Map<V, Long> second = new LinkedHashMap<>();
    accumulator.forEach(
        (value, count) ->
            (first.size() < accumulator.size() / 2 ? first : second).put(value, count));
    return List.of(part(first), part(second));
  }

  private static <V> Part<Map<V, Long>> part(Map<V, Long> counts) {
    return new Part<>(counts, counts.values().stream().mapToLong(Long::longValue).sum());
  }

  @Override
  default boolean isNeutral(Map<V, Long> accumulator) {
    return accumulator.isEmpty();
  }

  @Override
  default TypeRef<Map<V, Long>> accumulatorType() {
    return TypeRef.ofType(Types.parameterized(Map.class, valueType(), Long.class));
  }

  private static <V> Map<V, Long> changed(Map<V, Long> counts, V value, long by) {
    counts.merge(value, by, OfValues::sumOrNull);
    return counts;
  }

  private static @Nullable Long sumOrNull(Long left, Long right) {
    long sum = left + right;
    return sum == 0 ? null : sum;
  }
}
