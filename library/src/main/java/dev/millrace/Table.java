package dev.millrace;

import dev.millrace.connector.Sink;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.error.TypeInferenceException;
import dev.millrace.function.ForeignKeyFunction;
import dev.millrace.function.MapFunction;
import dev.millrace.function.RowFilter;
import dev.millrace.function.RowFunction;
import dev.millrace.function.UpsertFunction;
import dev.millrace.internal.fold.Upserted;
import dev.millrace.internal.plan.ForeignKeyJoin;
import dev.millrace.internal.plan.KeptKey;
import dev.millrace.internal.plan.KeyedOperation;
import dev.millrace.internal.plan.LogicalNode;
import dev.millrace.internal.plan.Operation;
import dev.millrace.internal.plan.PlanBuilder;
import dev.millrace.internal.plan.RowKey;
import dev.millrace.internal.plan.RowVersions;
import dev.millrace.internal.plan.TableStep;
import dev.millrace.internal.table.TableRow;
import dev.millrace.internal.type.Types;
import dev.millrace.internal.util.Arguments;
import dev.millrace.internal.window.Slicing;
import dev.millrace.internal.window.WindowKind;
import dev.millrace.output.OutputTag;
import dev.millrace.serde.TypeRef;
import dev.millrace.table.Change;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Optional;

/**
 * A keyed relation that changes.
 *
 * <p><b>Contract.</b> A row per key. Steps on a table make another table of it, and see both sides
 * of each change: a row that no longer passes a filter is deleted there, one that begins to pass is
 * inserted. Their functions have to be deterministic. {@linkplain #changes() Changes} come at most
 * once per key and commit, and equal values before and after make none.
 *
 * <pre>{@code
 * Table<String, Long> perWord = words.keyBy(word -> word).count();
 * Table<Long, Long> wordsPerCount = perWord.groupBy((word, count) -> count).count();
 * }</pre>
 *
 * <p><b>Time.</b> A change of a running aggregate has the largest event time of those records of
 * its key that have made the row what it is, so that it never goes back while the row is there; a
 * row that comes back after it was deleted begins with the time of its next record. A change of a
 * window has the last millisecond of the window.
 *
 * <p><b>Errors.</b> A row on which the function of a step fails is dropped by the step's error
 * policy like a record, and is not in the table that the step makes, nor is the row that it
 * replaces. When a dropped row changes or is deleted, the function fails on the old row once more:
 * only that shows that there is nothing to take back.
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

  /** {@return the table of the rows for which the predicate holds} */
  public Table<K, V> filter(RowFilter<? super K, ? super V> predicate) {
    Arguments.given("Cannot filter the table", "predicate", predicate);
    return new Table<>(plan, plan.add(new TableStep.Filter(predicate), List.of(id), type()));
  }

  /**
   * {@return the table of the function's results, by the same keys}
   *
   * @throws TypeInferenceException if the lambda does not show the type of its results; name it
   *     with {@link #map(Class, RowFunction)} then
   */
  public <R> Table<K, R> map(RowFunction<? super K, ? super V, ? extends R> function) {
    Arguments.given("Cannot map the table", "function", function);
    return map("map", FunctionTypes.mappedOf(plan, id, function), function);
  }

  /** {@return the table of the function's results, of a type stated} */
  public <R> Table<K, R> map(
      Class<R> type, RowFunction<? super K, ? super V, ? extends R> function) {
    return map(TypeRef.of(Arguments.given("Cannot map the table", "type", type)), function);
  }

  /** {@return the table of the function's results, of a type stated, which has arguments} */
  public <R> Table<K, R> map(
      TypeRef<R> type, RowFunction<? super K, ? super V, ? extends R> function) {
    Arguments.given("Cannot map the table", "type", type);
    Arguments.given("Cannot map the table", "function", function);
    return map("map", type.type(), function);
  }

  /**
   * {@return the table of the function's results for the rows without their keys}
   *
   * @throws TypeInferenceException if the lambda does not show the type of its results; name it
   *     with {@link #mapValues(Class, MapFunction)} then
   */
  public <R> Table<K, R> mapValues(MapFunction<? super V, ? extends R> function) {
    Arguments.given("Cannot map the table", "function", function);
    return mapValues(FunctionTypes.mappedOf(plan, id, function), function);
  }

  /** {@return the table of the function's results for the rows, of a type stated} */
  public <R> Table<K, R> mapValues(Class<R> type, MapFunction<? super V, ? extends R> function) {
    return mapValues(TypeRef.of(Arguments.given("Cannot map the table", "type", type)), function);
  }

  /** {@return the table of the function's results, of a type stated, which has arguments} */
  public <R> Table<K, R> mapValues(TypeRef<R> type, MapFunction<? super V, ? extends R> function) {
    Arguments.given("Cannot map the table", "type", type);
    Arguments.given("Cannot map the table", "function", function);
    return mapValues(type.type(), function);
  }

  private <R> Table<K, R> mapValues(Type type, MapFunction<? super V, ? extends R> function) {
    RowFunction<K, V, R> ofRow = (key, value) -> function.apply(value);
    return map("map-values", type, ofRow);
  }

  private <R> Table<K, R> map(String verb, Type type, RowFunction<?, ?, ?> function) {
    Type change = NodeTypes.ofChanges(NodeTypes.keyOfTable(plan, id), type);
    TableStep step = new TableStep.Map(verb, function);
    return new Table<>(plan, plan.add(step, List.of(id), Optional.of(change)));
  }

  /**
   * {@return the rows of this table in groups, for aggregates that follow its changes}
   *
   * @param group the group of a row: a number, a text, or a record of such
   * @throws TypeInferenceException if the lambda does not show the type of the group; name it with
   *     {@link #groupBy(Class, RowFunction)} then
   */
  public <G> GroupedTable<G, V> groupBy(RowFunction<? super K, ? super V, ? extends G> group) {
    Arguments.given("Cannot group the table", "function", group);
    return grouped(FunctionTypes.groupOf(plan, id, group), group);
  }

  /** {@return the rows of this table in groups whose type is stated} */
  public <G> GroupedTable<G, V> groupBy(
      Class<G> type, RowFunction<? super K, ? super V, ? extends G> group) {
    Arguments.given("Cannot group the table", "type", type);
    Arguments.given("Cannot group the table", "function", group);
    return grouped(type, group);
  }

  private <G> GroupedTable<G, V> grouped(Type groupType, RowFunction<?, ?, ?> group) {
    StepChecks.checkKey(plan.node(id), groupType);
    Type row = NodeTypes.rowOfTable(plan, id);
    Type keyed = Types.parameterized(TableRow.class, NodeTypes.keyOfTable(plan, id), row);
    int regrouped = plan.add(new TableStep.Regroup(), List.of(id), Optional.of(keyed));
    Operation keyBy = new Operation.KeyBy(new RowKey(group), groupType);
    return new GroupedTable<>(plan, plan.add(keyBy, List.of(regrouped), Optional.of(row)));
  }

  /**
   * {@return the join with another table by their keys, whose kind is to be named next}
   *
   * <pre>{@code
   * Table<Long, Account> accounts = customers.join(balances).left(Account::of);
   * }</pre>
   *
   * @throws ConfigurationException if the keys are of another type
   */
  public <R> TableJoin<K, V, R> join(Table<K, R> right) {
    Arguments.given("Cannot join", "table", right);
    return new TableJoin<>(JoinedTables.of(this, right));
  }

  /**
   * {@return this table by the key of another one that its rows refer to, to be joined with that}
   *
   * <pre>{@code
   * Table<String, Staff> staff =
   *     employees.onForeignKey(Employee::departmentId).join(departments).left(Staff::new);
   * }</pre>
   *
   * @param foreignKey takes it from a row; null if the row refers to none
   */
  public <F> ForeignKey<K, V, F> onForeignKey(
      ForeignKeyFunction<? super V, ? extends F> foreignKey) {
    return new ForeignKey<>(this, Arguments.given("Cannot join", "foreign key", foreignKey));
  }

  /**
   * {@return this table, whole on every instance, for streams that are to look up its rows without
   * being shuffled}
   *
   * <p>A small table: all of it lies in the memory of each instance ({@code broadcast.memory}).
   */
  public BroadcastTable<K, V> broadcast() {
    StepChecks.checkKey("the table '" + plan.node(id).label() + "'", keyType());
    return new BroadcastTable<>(this);
  }

  /**
   * {@return the stream of changes: an insert, an update's before and after, or a delete, per key
   * and commit}
   */
  public DataStream<Change<K, V>> changes() {
    return new DataStream<>(plan, changesNode());
  }

  /** Writes the table's changes to a sink, for example {@code KafkaSink.upsert}. */
  public SinkStep to(Sink<? super Change<K, V>> sink) {
    Arguments.given("Cannot write the table", "sink", sink);
    int changes = changesNode();
    return new SinkStep(
        plan, plan.add(new Operation.Write(sink), List.of(changes), Optional.empty()));
  }

  private int changesNode() {
    return plan.add(new TableStep.Changes(true), List.of(id), type());
  }

  /** {@return the node of the new rows of this table by key, for a step that keeps them} */
  int byKey() {
    return byKey(KeptKey.OF_REVISION);
  }

  private int byKey(KeptKey key) {
    return plan.add(
        new Operation.KeyBy(key, keyType()),
        List.of(id),
        Optional.of(Types.parameterized(Upserted.class, rowType())));
  }

  /** {@return the builder of the job that this table belongs to} */
  PlanBuilder plan() {
    return plan;
  }

  /**
   * {@return the versions of this table's rows: of a table of newest records those records, all of
   * them, and of any other the rows as its changes have them, one for each key and commit}
   */
  RowVersions versions() {
    LogicalNode node = plan.node(id);
    if (node.operation() instanceof Operation.ReadTable) {
      return RowVersions.ofRows(byKey(KeptKey.OF_TOPIC_VERSION));
    }
    UpsertFunction<?, ?> rowOf =
        node.operation() instanceof KeyedOperation.Aggregate table
            ? table.fold().function().rowOfNewest()
            : null;
    return rowOf == null
        ? RowVersions.ofRows(byKey())
        : new RowVersions(node.inputs().get(0), rowOf);
  }

  /** {@return the node of its changes} */
  int id() {
    return id;
  }

  /** {@return the type of the keys} */
  Type keyType() {
    return NodeTypes.keyOfTable(plan, id);
  }

  /** {@return the type of the rows} */
  Type rowType() {
    return NodeTypes.rowOfTable(plan, id);
  }

  private Optional<Type> type() {
    return plan.node(id).type();
  }

  /**
   * {@return the stream of what the step that makes this table writes to a side output}
   *
   * @throws ConfigurationException if the step does not have this side output
   */
  public <S> DataStream<S> sideOutput(OutputTag<S> tag) {
    return new DataStream<>(plan, SideOutputsOf.node(plan, id, tag));
  }

  /** Names the step that makes this table: its stage, its state and its metrics. */
  public Table<K, V> name(String name) {
    Job.checkName("table", name);
    plan.change(id, node -> node.named(name));
    return this;
  }

  /**
   * Sets the error policy for records, or rows, on which the step that makes this table fails. For
   * an aggregate with another action than FAIL each record travels by itself, as after {@link
   * #sequential()}: of a partial result that cannot be merged, the record at fault could not be
   * distinguished from the others.
   */
  public Table<K, V> onError(ErrorPolicy policy) {
    Arguments.given("Cannot set an error policy", "policy", policy);
    plan.change(id, node -> node.guarded(policy));
    if (plan.node(id).operation() instanceof ForeignKeyJoin.Result join) {
      plan.change(join.left(), node -> node.guarded(policy));
      plan.change(join.right(), node -> node.guarded(policy));
    }
    return this;
  }

  /**
   * Turns off the aggregation before the shuffle: each record travels by itself and is added in
   * order. For functions that are not associative.
   *
   * @throws ConfigurationException for windows that overlap and for sessions, whose results are
   *     merged from partial ones in any case, and for steps that do not aggregate
   */
  public Table<K, V> sequential() {
    plan.change(id, node -> node.doing(sequential(node.operation())));
    return this;
  }

  private static Operation sequential(Operation operation) {
    if (operation instanceof KeyedOperation.WindowAggregate windowed) {
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
    if (operation instanceof KeyedOperation.Aggregate running) {
      return running.sequential();
    }
    if (operation instanceof Operation.ReadTable) {
      throw new ConfigurationException(
          "Cannot add records in order: those of a topic's table are in order in any case. Leave"
              + " out sequential()");
    }
    throw new ConfigurationException(
        "Cannot add records in order: '"
            + operation.verb()
            + "' on a table does not aggregate. Call sequential() on the table that an aggregate"
            + " makes, before "
            + operation.verb());
  }
}
