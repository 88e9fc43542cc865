package dev.millrace;

import dev.millrace.aggregate.Aggregates;
import dev.millrace.aggregate.Aggregation;
import dev.millrace.aggregate.RetractableAggregation;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.function.ReduceFunction;
import dev.millrace.function.ToLongFunction;
import dev.millrace.internal.fold.Fold;
import dev.millrace.internal.fold.FoldFunction;
import dev.millrace.internal.fold.Netted;
import dev.millrace.internal.plan.KeyedOperation;
import dev.millrace.internal.plan.PlanBuilder;
import dev.millrace.internal.type.Types;
import dev.millrace.internal.util.Arguments;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Optional;

/**
 * The rows of a table in groups.
 *
 * <p><b>Contract.</b> An aggregate here is over the rows that the table has at the time: a row that
 * changes is taken back from its group as it was, and added to its new one as it is. A group exists
 * as long as it has rows, and is deleted with the last of them. What a transaction adds to a group
 * and takes back from it nets out before it travels.
 *
 * <p>An aggregate gets the rows without their keys; one that needs the key puts it into the row
 * with {@link Table#map(dev.millrace.function.RowFunction)} first.
 *
 * <p><b>Consistency.</b> A row that moves between groups in different partitions leaves one and
 * enters the other in two different transactions. With one partition throughout, both change in the
 * same transaction.
 *
 * <p><b>State.</b> One row per group, with the number of its rows.
 *
 * <p><b>Threads.</b> Confined to the thread that builds the job.
 *
 * @param <G> the groups
 * @param <V> the rows
 */
public final class GroupedTable<G, V> {

  private final PlanBuilder plan;
  private final int id;

  GroupedTable(PlanBuilder plan, int id) {
    this.plan = plan;
    this.id = id;
  }

  /** {@return the table of the number of rows per group} */
  public Table<G, Long> count() {
    return table("count", fold(Aggregates.count()));
  }

  /** {@return the table of the sum of a number over each group's rows} */
  public Table<G, Long> sum(ToLongFunction<V> number) {
    return table("sum", fold(Aggregates.sum(number)));
  }

  /**
   * {@return the table of each group's rows combined into one}
   *
   * <pre>{@code
   * balances.groupBy((account, balance) -> balance.branch()).reduce(Balance::plus, Balance::minus)
   * }</pre>
   *
   * @param add combines two rows, or two combinations of rows; associative and commutative
   * @param subtract takes a row, or a combination of rows, out of a combination that it is in
   */
  public Table<G, V> reduce(ReduceFunction<V> add, ReduceFunction<V> subtract) {
    Arguments.given("Cannot reduce", "function that adds", add);
    Arguments.given("Cannot reduce", "function that subtracts", subtract);
    Type row = NodeTypes.of(plan, id);
    Type accumulator = Types.parameterized(Netted.class, row);
    return table("reduce", new Fold(FoldFunction.of(add, subtract), accumulator, row, true));
  }

  /**
   * {@return the table of each group's aggregate}
   *
   * @throws ConfigurationException if the aggregation cannot take records back
   */
  public <R> Table<G, R> aggregate(Aggregation<? super V, ?, R> aggregation) {
    return table("aggregate", fold(aggregation));
  }

  /**
   * Sets the error policy for rows whose group function fails; by default they stop the job. A row
   * that is dropped is in no group.
   */
  public GroupedTable<G, V> onError(ErrorPolicy policy) {
    Arguments.given("Cannot set an error policy", "policy", policy);
    plan.change(id, node -> node.guarded(policy));
    return this;
  }

  /**
   * Sets how many tasks serve the groups: the most that can ever work on them at the same time.
   *
   * @param tasks 1 to 10,000
   */
  public GroupedTable<G, V> parallelism(int tasks) {
    StepChecks.checkParallelism(tasks);
    plan.change(id, node -> node.parallel(tasks));
    return this;
  }

  private static Fold fold(Aggregation<?, ?, ?> aggregation) {
    Arguments.given("Cannot aggregate", "aggregation", aggregation);
    RetractableAggregation<?, ?, ?> retractable =
        aggregation
            .retractable()
            .orElseThrow(
                () ->
                    new ConfigurationException(
                        "Cannot aggregate the groups of a table: aggregation "
                            + aggregation.getClass().getName()
                            + " cannot take records back, and rows of a table change and go."
                            + " Implement RetractableAggregation, or use one of Aggregates that"
                            + " can"));
    return Fold.retracting(retractable);
  }

  private <R> Table<G, R> table(String verb, Fold fold) {
    Type change = NodeTypes.ofChanges(NodeTypes.keyOf(plan, id), fold.resultType());
    return new Table<>(
        plan, plan.add(new KeyedOperation.Aggregate(verb, fold), List.of(id), Optional.of(change)));
  }
}
