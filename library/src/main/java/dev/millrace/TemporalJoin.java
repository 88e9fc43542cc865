package dev.millrace;

import dev.millrace.function.JoinFunction;
import dev.millrace.internal.plan.JoinKind;
import dev.millrace.internal.plan.PlanBuilder;
import dev.millrace.internal.plan.RowVersions;
import dev.millrace.internal.plan.TableLookup;
import dev.millrace.internal.util.Arguments;
import dev.millrace.output.OutputTag;
import dev.millrace.window.Late;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A join of a stream with a table as of event time, whose kind is still to be named.
 *
 * <p><b>Contract.</b> Each record meets the row that the table had for its key at the record's
 * event time: the newest that is not after it, by the event times of what the table is made of. Of
 * two rows with the same time the one that arrives later counts.
 *
 * <p>Of a table that {@code toTable} or {@code latest} makes of a stream, and of one of a topic
 * ({@code job.table}), all versions of a row are known: results do not depend on the order of
 * arrival, as long as nothing is late. A table that is made of another one by any step, aggregate
 * or join has one change for each key and commit: what its row was in between is not known, and a
 * record finds the version before. A change is valid from its {@linkplain Table time} on.
 *
 * <pre>{@code
 * Table<String, Rate> rates = updates.toTable(Rate::currency);
 * DataStream<Priced> priced =
 *     orders.join(rates).on(Order::currency).asOfEventTime().inner(Priced::new);
 * }</pre>
 *
 * <p><b>Time.</b> A result has the time of its record, and is emitted when the watermark of both
 * inputs has passed that: until then an older row may come. All sources of both need watermarks,
 * and a table that rarely changes needs idleness, or it holds all results back. A record older than
 * the watermark is late: it is counted, and written to the {@linkplain #lateTo late output} if
 * there is one; so is one whose time is too far in the future to be believed. A row may have any
 * time in the future, since it may be known before it is valid. A row that comes late is found by
 * the records that still wait, unless a newer one has replaced it already; it counts as late, or as
 * partly late.
 *
 * <p><b>State.</b> Each record, until the watermark has passed it; of each row the newest version
 * that the watermark has passed, and all after it.
 *
 * <p><b>Errors.</b> If the function fails, the error policy of the join is about the record, not
 * the row. A record on which the function of {@code toTable} fails is dropped by the same policy,
 * and leaves no row. A row on which the function of another step fails is not in the table that the
 * step makes, from the time of the change on.
 *
 * <p><b>Threads.</b> Confined to the thread that builds the job; immutable: {@code lateTo} returns
 * another one.
 *
 * @param <L> the values of the stream
 * @param <R> the rows of the table
 */
public final class TemporalJoin<L, R> {

  private final PlanBuilder plan;
  private final int stream;
  private final Table<?, R> table;
  private final Optional<OutputTag<?>> late;

  TemporalJoin(PlanBuilder plan, int stream, Table<?, R> table) {
    this(plan, stream, table, Optional.empty());
  }

  private TemporalJoin(
      PlanBuilder plan, int stream, Table<?, R> table, Optional<OutputTag<?>> late) {
    this.plan = plan;
    this.stream = stream;
    this.table = table;
    this.late = late;
  }

  /**
   * {@return the same join, with late records of the stream written to a side output of its
   * results}
   *
   * @param late made by {@link Late#tag}
   */
  public TemporalJoin<L, R> lateTo(OutputTag<Late<L>> late) {
    Arguments.given("Cannot emit late records", "tag", late);
    return new TemporalJoin<>(plan, stream, table, Optional.of(late));
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

  /** {@return the results of all records; the function gets null if there was no row} */
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
    RowVersions versions = table.versions();
    TableLookup lookup =
        new TableLookup.AsOfEventTime(
            kind, function, versions.rowOf(), NodeTypes.of(plan, stream), table.rowType(), late);
    return new DataStream<>(plan, plan.add(lookup, List.of(stream, versions.node()), type));
  }
}
