package dev.millrace.internal.plan;

import dev.millrace.function.KeyFunction;
import dev.millrace.function.RowFunction;
import dev.millrace.internal.table.TableRow;

/** The function that takes the group from a row of a table. */
public record RowKey(RowFunction<?, ?, ?> group) implements KeyFunction<Object, Object>, Carrying {

  @Override
  @SuppressWarnings("unchecked") // the builder's types match what arrives
  public Object key(Object row) throws Exception {
    TableRow of = (TableRow) row;
    return ((RowFunction<Object, Object, Object>) group).apply(of.key(), of.value());
  }

  @Override
  public Object carried(Object row) {
    return ((TableRow) row).value();
  }
}
