package dev.millrace;

import dev.millrace.error.ConfigurationException;
import dev.millrace.function.JoinFunction;
import dev.millrace.internal.plan.JoinKind;
import dev.millrace.internal.plan.PlanBuilder;
import dev.millrace.internal.plan.TableLookup;
import dev.millrace.internal.util.Arguments;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A join of a stream with a table by key, whose kind is still to be named.
 *
 * <p><b>Contract.</b> Each record meets the row that the table has for its key when the record is
 * processed, and the function makes a result of both at once. Changes of the table make no results:
 * those that were made stay as they are.
 *
 * <pre>{@code
 * Table<String, Profile> profiles = updates.toTable(Profile::user);
 * DataStream<Enriched> enriched =
 *     activity.join(profiles).on(Activity::userId).inner(Enriched::new);
 * }</pre>
 *
 * <p>Which row that is depends on how fast both arrive, except that what lies in both topics is
 * read in the order of its times as far as it is there. A change is seen when the commit that it is
 * part of has been read here, and a record that comes before it does not wait for it. Only the
 * first record waits: in a job that runs until the end of its input, for the end of the table; in
 * any other, if the table comes from nothing but topics of tables, for what stood in these when the
 * job was first started. Where results must not depend on that, {@linkplain #asOfEventTime() join
 * in event time}.
 *
 * <p><b>Time.</b> A result has the time of its record. The table takes no part in the watermark, so
 * that one that does not change holds nothing back; it needs no watermarks of its own.
 *
 * <p><b>State.</b> The rows of the table once more, by key, for as long as they are in the table.
 *
 * <p><b>Errors.</b> If the function fails, the error policy of the join is about the record, not
 * the row. A row that cannot be kept is dropped by it, with the one that it would have replaced.
 *
 * <p><b>Threads.</b> Confined to the thread that builds the job.
 *
 * @param <K> the keys
 * @param <L> the values of the stream
 * @param <R> the rows of the table
 */
@SuppressWarnings("UnusedTypeParameter") // shows what is joined by
public final class KeyedStreamTableJoin<K, L, R> {

  private final PlanBuilder plan;
  private final int stream;
  private final Table<?, R> table;

  KeyedStreamTableJoin(PlanBuilder plan, int stream, Table<?, R> table) {
    Type streamKey = NodeTypes.keyOf(plan, stream);
    Type tableKey = table.keyType();
    if (!streamKey.equals(tableKey)) {
      throw new ConfigurationException(
          "Cannot join on keys of different types ("
              + streamKey.getTypeName()
              + ", and "
              + tableKey.getTypeName()
              + " in the table): equal ones would not meet. Key the stream by what the table is"
              + " keyed by, or write stream.join(table).on(...)");
    }
    this.plan = plan;
    this.stream = stream;
    this.table = table;
  }

  /**
   * Sets how many tasks serve the join: the most that can ever work on it at the same time. It is
   * about the keyed stream.
   *
   * @param tasks 1 to 10,000
   */
  public KeyedStreamTableJoin<K, L, R> parallelism(int tasks) {
    StepChecks.checkParallelism(tasks);
    plan.change(stream, node -> node.parallel(tasks));
    return this;
  }

  /**
   * {@return the join with the row that the table had at each record's event time; it waits for the
   * watermark of both, which all sources of both need}
   */
  public TemporalJoin<L, R> asOfEventTime() {
    return new TemporalJoin<>(plan, stream, table);
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

  private Optional<Type> inferred(JoinFunction<?, ?, ?> function) {
    return FunctionTypes.ofPairs(function, NodeTypes.of(plan, stream), table.rowType());
  }

  private <T> DataStream<T> joined(
      JoinKind kind, Optional<Type> type, JoinFunction<?, ?, ?> function) {
    Arguments.given("Cannot join", "function", function);
    TableLookup lookup =
        new TableLookup.AsOfNow(kind, function, NodeTypes.of(plan, stream), table.rowType());
    return new DataStream<>(plan, plan.add(lookup, List.of(stream, table.byKey()), type));
  }
}
