package dev.millrace.internal.plan;

import dev.millrace.function.JoinFunction;
import dev.millrace.function.KeyFunction;
import dev.millrace.function.UpsertFunction;
import dev.millrace.output.OutputTag;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Optional;

/** A join of a stream with a table by key: each record with one row, if there is one. */
public sealed interface TableLookup extends KeyedOperation {

  /** The number of the stream's input. */
  int STREAM = 0;

  /** The number of the table's input. */
  int TABLE = 1;

  /** {@return inner or left} */
  JoinKind kind();

  /** {@return makes a result of a record and a row, which may be null in a left join} */
  JoinFunction<?, ?, ?> function();

  /** {@return the type of the records} */
  Type streamType();

  /** {@return the type of the rows} */
  Type rowType();

  @Override
  default String verb() {
    return "join";
  }

  @Override
  default String inputName(int input) {
    return input == STREAM ? "stream" : "table";
  }

  @Override
  default Optional<KeyFunction<?, ?>> keyOfResults() {
    return Optional.empty();
  }

  /** A join with the row that the table has when the record is processed. */
  record AsOfNow(JoinKind kind, JoinFunction<?, ?, ?> function, Type streamType, Type rowType)
      implements TableLookup {

    /** A row that is there now has no time, so that a quiet table holds nothing back. */
    @Override
    public boolean goesByTimeOf(int input) {
      return input == STREAM;
    }
  }

  /**
   * A join with the row that the table had at the record's event time. What comes of a table of
   * newest records are those records, all of them: a table emits the last change of a commit. Of
   * any other it is the new rows.
   *
   * @param rowOf makes the row of a record, null if it deletes it
   * @param late where late records of the stream go, besides being counted
   */
  record AsOfEventTime(
      JoinKind kind,
      JoinFunction<?, ?, ?> function,
      UpsertFunction<?, ?> rowOf,
      Type streamType,
      Type rowType,
      Optional<OutputTag<?>> late)
      implements TableLookup {

    @Override
    public List<OutputTag<?>> sideOutputs() {
      return late.<List<OutputTag<?>>>map(List::of).orElse(List.of());
    }
  }
}
