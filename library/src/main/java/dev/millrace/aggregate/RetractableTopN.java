package dev.millrace.aggregate;

import dev.millrace.function.MapFunction;
import dev.millrace.internal.aggregate.Spreading;
import dev.millrace.internal.type.Types;
import dev.millrace.serde.TypeRef;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The n records, of those that are left, that a function ranks highest, the highest first; those of
 * equal rank in the order of their content.
 *
 * @param orderClass the class of the ranks, Object if that is not known
 */
record RetractableTopN<T, C extends Comparable<? super C>>(
    int n, Class<T> type, MapFunction<T, C> by, Class<?> orderClass)
    implements OfValues<T, T, List<T>>, Spreading<T, T> {

  /** Ranks the record already now, so that a failure is that of the record. */
  @Override
  public T valueOf(T record) throws Exception {
    C ignored = rankOf(record);
    return record;
  }

  private C rankOf(T record) throws Exception {
    return ValueRules.given(by.apply(record));
  }

  @Override
  public Type valueType() {
    return type;
  }

  @Override
  public Object orderOf(T record) throws Exception {
    return rankOf(record);
  }

  @Override
  public Result result() {
    return Result.HIGHEST;
  }

  @Override
  public int most() {
    return n;
  }

  @Override
  public List<T> finish(Map<T, Long> accumulator) throws Exception {
    ContentOrder<T> content = ContentOrder.of(type);
    List<Ranked<T, C>> best = new ArrayList<>();
    for (Map.Entry<T, Long> entry : accumulator.entrySet()) {
      if (entry.getValue() > 0) {
        keep(best, new Ranked<>(entry.getKey(), entry.getValue(), rankOf(entry.getKey())), content);
      }
    }
    List<T> top = new ArrayList<>();
    for (Ranked<T, C> each : best) {
      for (long count = each.count; count > 0 && top.size() < n; count--) {
        top.add(each.value);
      }
    }
    return List.copyOf(top);
  }

  private void keep(List<Ranked<T, C>> best, Ranked<T, C> each, ContentOrder<T> content) {
    int at = best.size();
    while (at > 0 && each.isBefore(best.get(at - 1), content)) {
      at--;
    }
    if (at < n) {
      best.add(at, each);
      if (best.size() > n) {
        best.remove(n);
      }
    }
  }

  @Override
  public TypeRef<List<T>> resultType() {
    return TypeRef.ofType(Types.parameterized(List.class, type));
  }

  private record Ranked<T, C extends Comparable<? super C>>(T value, long count, C rank) {

    boolean isBefore(Ranked<T, C> other, ContentOrder<T> content) {
      int order = other.rank.compareTo(rank);
      return order < 0 || (order == 0 && content.compare(value, other.value) < 0);
    }
  }
}
