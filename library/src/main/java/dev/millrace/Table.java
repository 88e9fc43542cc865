package dev.millrace;

import dev.millrace.connector.Sink;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.plan.Operation;
import dev.millrace.internal.plan.PlanBuilder;
import dev.millrace.internal.util.Arguments;
import dev.millrace.internal.window.Slicing;
import dev.millrace.internal.window.WindowKind;
import dev.millrace.output.OutputTag;
import dev.millrace.table.Change;
import java.util.List;
import java.util.Optional;

/**
 * A keyed relation that changes.
 *
 * <p><b>Contract.</b> Its {@linkplain #changes() changes} come at most once per key and commit, and
 * equal values before and after make none.
 *
 * <p><b>Time.</b> A change of a running aggregate has the largest event time of those records of
 * its key that have made the row what it is, so that it never goes back; a change of a window has
 * the last millisecond of the window.
 *
 * <p><b>Threads.</b> Confined to the thread that builds the job.
 *
 * @param <K> the keys
 * @param <V> the rows
 */
public final class Table<K, V> {

  private final PlanBuilder plan;
  private final int id;

  Table(PlanBuilder plan, int id) {
    this.plan = plan;
    this.id = id;
  }

  /**
   * {@return the stream of changes: an insert, or an update's before and after, per key and commit}
   */
  public DataStream<Change<K, V>> changes() {
    return new DataStream<>(plan, id);
  }

  /** Writes the table's changes to a sink, for example {@code KafkaSink.upsert}. */
  public SinkStep to(Sink<? super Change<K, V>> sink) {
    Arguments.given("Cannot write the table", "sink", sink);
    return new SinkStep(plan, plan.add(new Operation.Write(sink), List.of(id), Optional.empty()));
  }

  /**
   * {@return the stream of what the step that makes this table writes to a side output}
   *
   * @throws ConfigurationException if the step does not have this side output
   */
  public <S> DataStream<S> sideOutput(OutputTag<S> tag) {
    return new DataStream<>(plan, SideOutputsOf.node(plan, id, tag));
  }

  /** Names the aggregate: its stage, its state and its metrics. */
  public Table<K, V> name(String name) {
    Job.checkName("table", name);
    plan.change(id, node -> node.named(name));
    return this;
  }

  /**
   * Sets what becomes of records on which the aggregate fails. With another action than FAIL each
   * record travels by itself, as after {@link #sequential()}: of a partial result that cannot be
   * merged, the record at fault could not be distinguished from the others.
   */
  public Table<K, V> onError(ErrorPolicy policy) {
    Arguments.given("Cannot set an error policy", "policy", policy);
    plan.change(id, node -> node.guarded(policy));
    return this;
  }

  /**
   * Turns off the aggregation before the shuffle: each record travels by itself and is added in
   * order. For functions that are not associative.
   *
   * @throws ConfigurationException for windows that overlap and for sessions, whose results are
   *     merged from partial ones in any case
   */
  public Table<K, V> sequential() {
    plan.change(id, node -> node.doing(sequential(node.operation())));
    return this;
  }

  private static Operation sequential(Operation operation) {
    if (operation instanceof Operation.WindowAggregate windowed) {
      WindowKind window = windowed.window().kind();
      if (Slicing.of(window).map(Slicing::overlaps).orElse(true)) {
        throw new ConfigurationException(
            "Cannot add records in order: the results of "
                + window.describe()
                + " are merged from partial ones. Leave out sequential() and give an associative"
                + " function, or use windows that do not overlap");
      }
      return windowed.sequential();
    }
    return ((Operation.Aggregate) operation).sequential();
  }
}
