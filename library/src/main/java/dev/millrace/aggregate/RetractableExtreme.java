package dev.millrace.aggregate;

import dev.millrace.aggregate.Extreme.Side;
import dev.millrace.function.MapFunction;
import dev.millrace.internal.aggregate.Spreading;
import dev.millrace.internal.type.Types;
import dev.millrace.serde.TypeRef;
import java.lang.reflect.Type;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The smallest or the largest value of the records that are left. Of values that compare as equal
 * and are not, it is the first in the {@linkplain ContentOrder#byForm order of their form},
 * whatever the order in which they came.
 */
record RetractableExtreme<T, C extends Comparable<? super C>>(
    MapFunction<T, C> of, Side side, TypeRef<C> type)
    implements OfValues<T, C, C>, Spreading<T, C> {

  @Override
  public C valueOf(T record) throws Exception {
    return ValueRules.given(of.apply(record));
  }

  @Override
  public Type valueType() {
    return type.type();
  }

  @Override
  public Class<?> orderClass() {
    return Types.raw(Types.box(type.type()));
  }

  @Override
  public Result result() {
    return side == Side.SMALLEST ? Result.SMALLEST : Result.LARGEST;
  }

  @Override
  public C finish(Map<C, Long> accumulator) {
    @Nullable C best = null;
    for (Map.Entry<C, Long> entry : accumulator.entrySet()) {
      C value = entry.getKey();
      if (entry.getValue() > 0 && (best == null || isBefore(value, best))) {
        best = value;
      }
    }
    if (best == null) {
      throw new IllegalStateException("of no records there is no extreme");
    }
    return best;
  }

  private boolean isBefore(C value, C best) {
    int order = side == Side.SMALLEST ? value.compareTo(best) : best.compareTo(value);
    return order < 0 || (order == 0 && ContentOrder.byForm(value, best) < 0);
  }

  @Override
  public TypeRef<C> resultType() {
    return type;
  }
}
