package dev.millrace.aggregate;

import dev.millrace.function.MapFunction;
import dev.millrace.internal.aggregate.Spreading;
import dev.millrace.internal.type.Types;
import dev.millrace.serde.TypeRef;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The distinct values of the records that are left, in the order of their content. */
record RetractableDistinct<T, C>(MapFunction<T, C> of, Class<C> type)
    implements OfValues<T, C, Set<C>> {

  @Override
  public C valueOf(T record) throws Exception {
    return ValueRules.given(of.apply(record));
  }

  @Override
  public Type valueType() {
    return type;
  }

  @Override
  public Set<C> finish(Map<C, Long> accumulator) {
    List<C> present = new ArrayList<>(accumulator.size());
    accumulator.forEach(
        (value, count) -> {
          if (count > 0) {
            present.add(value);
          }
        });
    return new LinkedHashSet<>(ContentOrder.<C>of(type).sorted(present));
  }

  @Override
  public TypeRef<Set<C>> resultType() {
    return TypeRef.ofType(Types.parameterized(Set.class, type));
  }

  /** The number of distinct values of the records that are left. */
  record Count<T, C>(MapFunction<T, C> of, Class<C> type)
      implements OfValues<T, C, Long>, Spreading<T, C> {

    @Override
    public C valueOf(T record) throws Exception {
      return ValueRules.given(of.apply(record));
    }

    @Override
    public Type valueType() {
      return type;
    }

    @Override
    public Class<?> orderClass() {
      return Types.raw(Types.box(type));
    }

    @Override
    public Result result() {
      return Result.NUMBER;
    }

    @Override
    public Long finish(Map<C, Long> accumulator) {
      return accumulator.values().stream().filter(count -> count > 0).count();
    }

    @Override
    public TypeRef<Long> resultType() {
      return TypeRef.of(Long.class);
    }
  }
}
