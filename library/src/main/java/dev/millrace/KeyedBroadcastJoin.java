package dev.millrace;

import dev.millrace.function.ForeignKeyFunction;
import dev.millrace.function.JoinFunction;
import dev.millrace.internal.plan.BroadcastLookup;
import dev.millrace.internal.plan.JoinKind;
import dev.millrace.internal.plan.PlanBuilder;
import dev.millrace.internal.util.Arguments;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A join of a stream with a table that every instance has, whose kind is still to be named.
 *
 * <p><b>Contract.</b> Each record meets the row that the instance has for its key when the record
 * is processed, and the function makes a result of both at once, where the record is: nothing is
 * shuffled. Changes of the table make no results: earlier results stay as they are. Instances learn
 * of a change within moments, but not at the same time; a record that is processed once more, after
 * a failure or a reset, meets the rows that are there then. The function gets a row of its own and
 * may change it.
 *
 * <p><b>Time.</b> A result has the time of its record. The table takes no part in the watermark.
 *
 * <p><b>State.</b> None of its own.
 *
 * <p><b>Errors.</b> If the key or the function fails, the error policy of the join is about the
 * record.
 *
 * <p><b>Threads.</b> Confined to the thread that builds the job.
 *
 * @param <L> the values of the stream
 * @param <R> the rows of the table
 */
public final class KeyedBroadcastJoin<L, R> {

  private final DataStream<L> stream;
  private final BroadcastTable<?, R> table;
  private final ForeignKeyFunction<? super L, ?> key;

  KeyedBroadcastJoin(
      DataStream<L> stream, BroadcastTable<?, R> table, ForeignKeyFunction<? super L, ?> key) {
    this.stream = stream;
    this.table = table;
    this.key = key;
  }

  /** {@return the results of all records that find a row} */
  public <T> DataStream<T> inner(JoinFunction<? super L, ? super R, ? extends T> function) {
    return joined(JoinKind.INNER, inferred(function), function);
  }

  /** {@return the same, of a type stated because the lambda does not show it} */
  public <T> DataStream<T> inner(
      Class<T> type, JoinFunction<? super L, ? super R, ? extends T> function) {
    return joined(JoinKind.INNER, FunctionTypes.statedOfPairs(type), function);
  }

  /** {@return the results of all records; the function gets null if there is no row} */
  public <T> DataStream<T> left(
      JoinFunction<? super L, ? super @Nullable R, ? extends T> function) {
    return joined(JoinKind.LEFT, inferred(function), function);
  }

  /** {@return the same, of a type stated because the lambda does not show it} */
  public <T> DataStream<T> left(
      Class<T> type, JoinFunction<? super L, ? super @Nullable R, ? extends T> function) {
    return joined(JoinKind.LEFT, FunctionTypes.statedOfPairs(type), function);
  }

  /** A stream whose type is not known is no obstacle: its records stay objects. */
  private Optional<Type> inferred(JoinFunction<?, ?, ?> function) {
    Optional<Type> ofStream = table.plan().node(stream.id()).type();
    return FunctionTypes.ofPairs(function, ofStream.orElse(null), table.rowType());
  }

  private <T> DataStream<T> joined(
      JoinKind kind, Optional<Type> type, JoinFunction<?, ?, ?> function) {
    Arguments.given("Cannot join", "function", function);
    PlanBuilder plan = table.plan();
    BroadcastLookup join = new BroadcastLookup(kind, key, function, table.table());
    return new DataStream<>(plan, plan.add(join, List.of(stream.id()), type));
  }
}
