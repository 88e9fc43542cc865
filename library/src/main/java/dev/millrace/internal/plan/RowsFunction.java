package dev.millrace.internal.plan;

import java.io.Serializable;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The function of a join of tables, whatever their number. */
@FunctionalInterface
public interface RowsFunction extends Serializable {

  /**
   * {@return the row of the result}
   *
   * @param rows one for each table, in their order; null where a table has none
   */
  Object join(List<@Nullable Object> rows) throws Exception;
}
