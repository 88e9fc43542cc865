package dev.millrace.aggregate;

import dev.millrace.internal.type.Types;
import dev.millrace.serde.TypeRef;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The records that are left, in the order of their content. */
record RetractableList<T>(TypeRef<T> type) implements OfValues<T, T, List<T>> {

  @Override
  public T valueOf(T record) {
    return record;
  }

  @Override
  public Type valueType() {
    return type.type();
  }

  @Override
  public List<T> finish(Map<T, Long> accumulator) {
    List<T> all = new ArrayList<>(accumulator.size());
    for (T value : ContentOrder.<T>of(type.type()).sorted(accumulator.keySet())) {
      for (long count = accumulator.getOrDefault(value, 0L); count > 0; count--) {
        all.add(value);
      }
    }
    return List.copyOf(all);
  }

  @Override
  public TypeRef<List<T>> resultType() {
    return TypeRef.ofType(Types.parameterized(List.class, type.type()));
  }
}
