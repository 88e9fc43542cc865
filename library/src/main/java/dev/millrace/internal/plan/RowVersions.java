package dev.millrace.internal.plan;

import dev.millrace.function.UpsertFunction;
import dev.millrace.internal.fold.Upserted;

/**
 * The origin of the versions of a table's rows, for those who look them up as of event time.
 *
 * @param node the node of what comes by key, each value with the time from which it is the row
 * @param rowOf makes the row of a value, null if it deletes it
 */
public record RowVersions(int node, UpsertFunction<?, ?> rowOf) {

  private static final UpsertFunction<Upserted<?>, Object> ROW = Upserted::row;

  /** {@return versions that come as new rows of a table} */
  public static RowVersions ofRows(int node) {
    return new RowVersions(node, ROW);
  }
}
