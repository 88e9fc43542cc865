package dev.millrace;

import dev.millrace.aggregate.Aggregates;
import dev.millrace.aggregate.Aggregation;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.error.TypeInferenceException;
import dev.millrace.function.ReduceFunction;
import dev.millrace.function.ToLongFunction;
import dev.millrace.function.UpsertFunction;
import dev.millrace.internal.fold.Fold;
import dev.millrace.internal.fold.FoldFunction;
import dev.millrace.internal.fold.Upserted;
import dev.millrace.internal.handle.Declarations;
import dev.millrace.internal.handle.HandleSpec;
import dev.millrace.internal.pattern.Automaton;
import dev.millrace.internal.pattern.PatternSpec;
import dev.millrace.internal.plan.FromInput;
import dev.millrace.internal.plan.KeyedOperation;
import dev.millrace.internal.plan.MatchRules;
import dev.millrace.internal.plan.Operation;
import dev.millrace.internal.plan.PlanBuilder;
import dev.millrace.internal.plan.SortedInput;
import dev.millrace.internal.plan.WindowRules;
import dev.millrace.internal.spec.Specs;
import dev.millrace.internal.type.Types;
import dev.millrace.internal.util.Arguments;
import dev.millrace.internal.window.WindowAccess;
import dev.millrace.output.OutputTag;
import dev.millrace.pattern.Pattern;
import dev.millrace.process.KeyedProcessFunction;
import dev.millrace.serde.TypeRef;
import dev.millrace.table.Change;
import dev.millrace.window.WindowSpec;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A stream distributed by key, the basis of aggregates and windows.
 *
 * <p><b>Contract.</b> Values of one key from one upstream partition keep their order. The
 * aggregates here run for ever and make {@link Table}s; {@link #window} bounds them in time.
 *
 * <p><b>State.</b> One row per key and aggregate, for as long as the job lives.
 *
 * <p><b>Threads.</b> Confined to the thread that builds the job.
 *
 * @param <K> the keys
 * @param <T> the values
 */
public final class KeyedStream<K, T> {

  private final PlanBuilder plan;
  private final int id;

  KeyedStream(PlanBuilder plan, int id) {
    this.plan = plan;
    this.id = id;
  }

  /**
   * {@return the table of each key's values combined into one; the function must be associative}
   */
  public Table<K, T> reduce(ReduceFunction<T> function) {
    Arguments.given("Cannot reduce", "function", function);
    return table("reduce", Fold.of(function, NodeTypes.of(plan, id)));
  }

  /** {@return the table of each key's aggregate} */
  public <A, R> Table<K, R> aggregate(Aggregation<? super T, A, R> aggregation) {
    return table(
        "aggregate", Fold.of(Arguments.given("Cannot aggregate", "aggregation", aggregation)));
  }

  /** {@return the table of the number of values per key} */
  public Table<K, Long> count() {
    return table("count", Fold.of(Aggregates.count()));
  }

  /** {@return the table of the sum of a number over each key's values} */
  public Table<K, Long> sum(ToLongFunction<T> number) {
    return table("sum", Fold.of(Aggregates.sum(number)));
  }

  /**
   * {@return the table of each key's newest value, in the order in which they arrive}
   *
   * <p>Values of one key that come from several partitions are in no promised order.
   */
  public Table<K, T> latest() {
    Type type = NodeTypes.of(plan, id);
    return table("latest", new Fold(FoldFunction.latest(), type, type, true));
  }

  /**
   * {@return the table of the row that a function makes of each key's newest value; where it
   * returns null, the row is deleted}
   *
   * @throws TypeInferenceException if the lambda does not show the type of the row; name it with
   *     {@link #latest(Class, UpsertFunction)} then
   */
  public <V> Table<K, V> latest(UpsertFunction<? super T, ? extends V> row) {
    Arguments.given("Cannot make a table", "function of the row", row);
    return latest(FunctionTypes.newestOf(plan, id, row), row);
  }

  /** {@return the table of the row of each key's newest value, of a type stated} */
  public <V> Table<K, V> latest(Class<V> type, UpsertFunction<? super T, ? extends V> row) {
    return latest(TypeRef.of(Arguments.given("Cannot make a table", "type", type)), row);
  }

  /** {@return the table of the row of each key's newest value, of a type stated, with arguments} */
  public <V> Table<K, V> latest(TypeRef<V> type, UpsertFunction<? super T, ? extends V> row) {
    Arguments.given("Cannot make a table", "type", type);
    Arguments.given("Cannot make a table", "function of the row", row);
    return latest(type.type(), row);
  }

  private <V> Table<K, V> latest(Type rowType, UpsertFunction<? super T, ? extends V> row) {
    Type accumulator = Types.parameterized(Upserted.class, rowType);
    return table("latest", new Fold(FoldFunction.upserts(row), accumulator, rowType, true));
  }

  /**
   * {@return the results of a function with state and timers of its own}
   *
   * <pre>{@code
   * transfers.keyBy(Transfer::account).process(SpendingAlerts::new)
   * }</pre>
   *
   * @param functions makes a new function at each call: every task has its own
   * @param tags all side outputs that the function may write to
   * @throws ConfigurationException if the same function comes twice
   */
  public <R> DataStream<R> process(
      Supplier<? extends KeyedProcessFunction<? super K, ? super T, R>> functions,
      OutputTag<?>... tags) {
    return process(plan, List.of(id), functions, tags, Optional.empty());
  }

  /**
   * {@return the same stream with its records in the order of their event times, for {@link
   * SortedStream#process}: a function gets a record when the watermark has passed its time}
   *
   * <pre>{@code
   * readings.keyBy(Reading::sensor).sortedByEventTime().process(Silence::new)
   * }</pre>
   */
  public SortedStream<K, T> sortedByEventTime() {
    return new SortedStream<>(plan, id, new SortedInput(NodeTypes.of(plan, id), Optional.empty()));
  }

  static <R> DataStream<R> process(
      PlanBuilder plan,
      List<Integer> inputs,
      Supplier<? extends KeyedProcessFunction<?, ?, R>> functions,
      OutputTag<?>[] tags,
      Optional<SortedInput> sorted) {
    KeyedProcessFunction<?, ?, R> first = made(functions);
    if (first == made(functions)) {
      throw new ConfigurationException(
          "Cannot process the stream with "
              + first.getClass().getName()
              + ": the supplier returned the same function twice, and each task needs its own."
              + " Write process(() -> new TheFunction(...))");
    }
    List<HandleSpec> state = Declarations.of(first).specs();
    Optional<Type> type = Types.argumentOf(first.getClass(), KeyedProcessFunction.class, 2);
    Operation operation =
        new KeyedOperation.KeyedProcess(functions, state, SideOutputsOf.distinct(tags), sorted);
    return new DataStream<>(plan, plan.add(operation, inputs, type));
  }

  /**
   * {@return the results of a function that reads several streams by one key: equal keys meet, and
   * the function gets each record with the number of the stream in this list}
   */
  static <K, R> DataStream<R> process(
      List<KeyedStream<K, ?>> streams,
      Supplier<? extends KeyedProcessFunction<? super K, FromInput, R>> functions,
      OutputTag<?>... tags) {
    KeyedStream<K, ?> first = streams.get(0);
    List<Integer> inputs = streams.stream().map(stream -> stream.id).toList();
    return process(first.plan, inputs, functions, tags, Optional.empty());
  }

  private static <F> F made(Supplier<? extends F> functions) {
    String cannot = "Cannot process the stream";
    return Arguments.given(
        cannot,
        "function that the supplier returned",
        Arguments.given(cannot, "supplier", functions).get());
  }

  /**
   * {@return a join of this stream, which is its left side, with another by their keys}
   *
   * <p>A stream that is joined with itself is shuffled once.
   */
  public <R> KeyedStreamJoin<K, T, R> join(KeyedStream<K, R> right) {
    Arguments.given("Cannot join", "right stream", right);
    StreamJoin.checkSameJob(plan, right.plan);
    return joined(this, right);
  }

  /**
   * {@return a co-group of this stream, which is its left side, with another by their keys: a
   * function sees all that both have of a key in a window}
   */
  public <R> KeyedCoGroup<K, T, R> coGroup(KeyedStream<K, R> right) {
    Arguments.given("Cannot co-group", "right stream", right);
    StreamJoin.checkSameJob(plan, right.plan);
    return new KeyedCoGroup<>(plan, id, right.id);
  }

  /**
   * {@return a join of this stream with a table by its keys: each value meets the row of its key}
   */
  public <R> KeyedStreamTableJoin<K, T, R> join(Table<K, R> table) {
    Arguments.given("Cannot join", "table", table);
    StreamJoin.checkSameJob(plan, table.plan());
    return new KeyedStreamTableJoin<>(plan, id, table);
  }

  static <K, L, R> KeyedStreamJoin<K, L, R> joined(
      KeyedStream<K, L> left, KeyedStream<?, R> right) {
    return new KeyedStreamJoin<>(left.plan, left.id, right.id);
  }

  /**
   * {@return the same stream, in which a pattern is looked for among the values of each key}
   *
   * <pre>{@code
   * payments.keyBy(Payment::card)
   *     .match(
   *         Pattern.<Payment>begin("small").where(p -> p.amount() < 1)
   *             .followedBy("large").where(p -> p.amount() > 500)
   *             .within(Duration.ofMinutes(10)))
   *     .select(m -> new Alert(m.first("small"), m.first("large")))
   * }</pre>
   *
   * @throws ConfigurationException if the pattern contradicts itself
   */
  public MatchedStream<K, T> match(Pattern<T> pattern) {
    PatternSpec spec =
        Specs.of(Arguments.given("Cannot match the stream", "pattern", pattern), PatternSpec.class);
    return matched(spec);
  }

  MatchedStream<K, T> matched(PatternSpec pattern) {
    Automaton.of(pattern);
    return new MatchedStream<>(plan, id, pattern, MatchRules.DEFAULT);
  }

  /** {@return the same stream cut into windows; {@code Windows} makes the kinds of them} */
  public WindowedStream<K, T> window(WindowSpec<? super T> window) {
    return new WindowedStream<>(
        plan,
        id,
        WindowAccess.settings(
            Arguments.given("Cannot cut a stream into windows", "window", window)),
        WindowRules.FINAL);
  }

  /**
   * Sets the error policy for records for which the key function fails or returns null; by default
   * they stop the job.
   */
  public KeyedStream<K, T> onError(ErrorPolicy policy) {
    Arguments.given("Cannot set an error policy", "policy", policy);
    plan.change(id, node -> node.guarded(policy));
    return this;
  }

  /**
   * Sets how many tasks serve what follows: the most that can ever work on it at the same time.
   *
   * @param tasks 1 to 10,000
   */
  public KeyedStream<K, T> parallelism(int tasks) {
    StepChecks.checkParallelism(tasks);
    plan.change(id, node -> node.parallel(tasks));
    return this;
  }

  private <R> Table<K, R> table(String verb, Fold fold) {
    Type change = Types.parameterized(Change.class, keyType(), fold.resultType());
    int aggregate =
        plan.add(new KeyedOperation.Aggregate(verb, fold), List.of(id), Optional.of(change));
    return new Table<>(plan, aggregate);
  }

  private Type keyType() {
    return NodeTypes.keyOf(plan, id);
  }
}
