package dev.millrace.internal.fold;

import dev.millrace.internal.type.Types;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import org.jspecify.annotations.Nullable;

/** The values that programs know, inside of rows that keep more than them. */
public final class KeptValues {

  private KeptValues() {}

  /**
   * {@return the type of rows like those of a store, with another type of the value inside}
   *
   * @param rowType the type of the store's rows
   */
  public static Type rowType(Type rowType, Type valueType) {
    if (rowType instanceof ParameterizedType row
        && row.getRawType() instanceof Class<?> raw
        && (raw == CountedRow.class || raw == Netted.class || raw == Upserted.class)) {
      return Types.parameterized(raw, rowType(row.getActualTypeArguments()[0], valueType));
    }
    return valueType;
  }

  /** {@return the value inside of a row} */
  public static @Nullable Object valueOf(@Nullable Object row) {
    if (row instanceof CountedRow<?> counted) {
      return valueOf(counted.accumulator());
    }
    if (row instanceof Netted<?> netted) {
      return netted.added();
    }
    return row instanceof Upserted<?> upserted ? upserted.row() : row;
  }
}
