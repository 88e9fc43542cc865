package dev.millrace.internal.plan;

import dev.millrace.function.ForeignKeyFunction;
import dev.millrace.function.JoinFunction;

/**
 * A join of a stream, where its records are, with a table that every instance has whole.
 *
 * @param kind inner or left
 * @param key takes the key of the row from a record; null for a record that refers to none
 * @param function makes a result of a record and a row, which may be null in a left join
 * @param table the node of the table; no input, since its changes do not come to this step
 */
public record BroadcastLookup(
    JoinKind kind, ForeignKeyFunction<?, ?> key, JoinFunction<?, ?, ?> function, int table)
    implements Operation {

  @Override
  public String verb() {
    return "join";
  }
}
