package dev.millrace;

import dev.millrace.connector.Sink;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.function.Async;
import dev.millrace.function.AsyncFunction;
import dev.millrace.function.FilterFunction;
import dev.millrace.function.FlatMapFunction;
import dev.millrace.function.KeyFunction;
import dev.millrace.function.MapFunction;
import dev.millrace.function.PeekFunction;
import dev.millrace.function.UpsertFunction;
import dev.millrace.internal.plan.KeptKey;
import dev.millrace.internal.plan.Operation;
import dev.millrace.internal.plan.PlanBuilder;
import dev.millrace.internal.plan.StatelessOperation;
import dev.millrace.internal.util.Arguments;
import dev.millrace.output.OutputTag;
import dev.millrace.output.SideOutputFilter;
import dev.millrace.serde.TypeRef;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * An append-only stream of values, each with an event time.
 *
 * <p><b>Contract.</b> A description: each verb adds a step to the job and returns the stream of its
 * results, a new object. A stream may be used several times; each use gets every value.
 *
 * <p><b>What changes and what copies.</b> One rule for everything the builder returns. {@link
 * #name}, {@link #parallelism}, {@link #onError}, {@link #returns} and {@code sequential} are about
 * the step that made a stream, a table or a sink: they change that step, for every holder, and
 * return the same object, so that their result may be ignored. Everything else is an immutable
 * value: sources, sinks, windows, {@code Watermarks}, {@code Async} and error policies, and a
 * stream cut into windows with its {@code lateTo}, {@code allowedLateness} and {@code emit}. Their
 * methods return a changed copy and leave the original as it was, so that their result must be
 * used.
 *
 * <p><b>Objects.</b> Between the steps of a stage values are passed on as they are: where a stream
 * is used several times, each use gets the same object. So a function must not change a value it is
 * given where another step gets it as well, nor one that it has emitted. The objects that Millrace
 * keeps (accumulators, state, rows of tables) are its own; {@link
 * dev.millrace.function.ReduceFunction} and {@link dev.millrace.aggregate.Aggregation} define which
 * of their arguments may be changed.
 *
 * <p><b>Types.</b> They are read from the lambdas. Where bytes are needed and the type cannot be
 * read, the builder fails with the step's name and the remedy.
 *
 * <p><b>Threads.</b> Confined to the thread that builds the job.
 *
 * @param <T> the values
 */
public final class DataStream<T> {

  private final PlanBuilder plan;
  private final int id;

  DataStream(PlanBuilder plan, int id) {
    this.plan = plan;
    this.id = id;
  }

  /**
   * {@return the stream of the function's results, one for each value}
   *
   * <p>A lambda shows the class of its results, but no type arguments. Those of {@code List.of},
   * {@code Map.entry}, {@code Optional.of} or {@code new Pair<>(...)} have to be named; a record of
   * your own needs nothing:
   *
   * <pre>{@code
   * words.map(word -> new Counted(word, 1))
   * words.map(word -> Map.entry(word, 1L)).returns(new TypeRef<Map.Entry<String, Long>>() {})
   * }</pre>
   */
  public <R> DataStream<R> map(MapFunction<? super T, ? extends R> function) {
    Arguments.given("Cannot map", "function", function);
    return add(
        new StatelessOperation.Map(function),
        FunctionTypes.resultOf(function, MapFunction.class, type()));
  }

  /**
   * {@return the stream of the function's results, of a type stated because the lambda does not
   * show it}
   */
  public <R> DataStream<R> map(Class<R> type, MapFunction<? super T, ? extends R> function) {
    Arguments.given("Cannot map", "type", type);
    Arguments.given("Cannot map", "function", function);
    return add(new StatelessOperation.Map(function), Optional.of(type));
  }

  /** {@return the stream of the values for which the predicate holds} */
  public DataStream<T> filter(FilterFunction<? super T> predicate) {
    Arguments.given("Cannot filter", "predicate", predicate);
    return add(new StatelessOperation.Filter(predicate), type());
  }

  /** {@return the stream of all results of the function, any number for each value} */
  public <R> DataStream<R> flatMap(Class<R> type, FlatMapFunction<? super T, R> function) {
    Arguments.given("Cannot flatMap", "type", type);
    Arguments.given("Cannot flatMap", "function", function);
    return add(new StatelessOperation.FlatMap(function), Optional.of(type));
  }

  /** {@return the stream of all results of the function; state their type with {@link #returns}} */
  public <R> DataStream<R> flatMap(FlatMapFunction<? super T, R> function) {
    Arguments.given("Cannot flatMap", "function", function);
    return add(new StatelessOperation.FlatMap(function), Optional.empty());
  }

  /**
   * {@return the stream of the results of calls to another system, one for each value}
   *
   * <pre>{@code
   * cards.mapAsync(card -> scores.score(card), Async.inFlight(100).timeout(Duration.ofSeconds(2)))
   * }</pre>
   *
   * <p><b>Contract.</b> The function begins the call and returns at once; see {@link Async} for
   * order, timeouts and retries. A call that fails for good goes to the step's error policy with
   * the coordinates of its own record. A result has its value's event time, and no watermark
   * overtakes it. Every call has ended, or does not count, when its transaction commits; calls of a
   * transaction that is aborted are made again.
   */
  public <R> DataStream<R> mapAsync(AsyncFunction<? super T, ? extends R> function, Async options) {
    Arguments.given("Cannot mapAsync", "function", function);
    Arguments.given("Cannot mapAsync", "options", options);
    return add(
        new StatelessOperation.MapAsync(function, options),
        FunctionTypes.resultOf(function, AsyncFunction.class, type()));
  }

  /**
   * {@return the stream of the results of calls, of a type stated because the lambda does not show
   * it}
   */
  public <R> DataStream<R> mapAsync(
      Class<R> type, AsyncFunction<? super T, ? extends R> function, Async options) {
    Arguments.given("Cannot mapAsync", "type", type);
    Arguments.given("Cannot mapAsync", "function", function);
    Arguments.given("Cannot mapAsync", "options", options);
    return add(new StatelessOperation.MapAsync(function, options), Optional.of(type));
  }

  /**
   * {@return this stream, after the action has looked at each value; it runs again when a
   * transaction is replayed}
   */
  public DataStream<T> peek(PeekFunction<? super T> action) {
    Arguments.given("Cannot peek", "action", action);
    return add(new StatelessOperation.Peek(action), type());
  }

  /**
   * {@return the values of this stream and of others, in no promised order between them; a stream
   * that is named twice gives each value twice}
   */
  @SafeVarargs
  @SuppressWarnings("varargs") // the array is only read
  public final DataStream<T> union(DataStream<? extends T>... others) {
    Arguments.allGiven("Cannot unite streams", "other stream", others);
    List<Integer> inputs = new ArrayList<>(List.of(id));
    for (DataStream<? extends T> other : others) {
      if (other.plan != plan) {
        throw new ConfigurationException(
            "Cannot unite two streams: they belong to different jobs ("
                + plan.job()
                + ", "
                + other.plan.job()
                + "). Build both from one Job");
      }
      inputs.add(other.id);
    }
    return new DataStream<>(plan, plan.add(new Operation.Union(), inputs, type()));
  }

  /**
   * {@return a join of this stream, which is its left side, with another, which is the right}
   *
   * <pre>{@code
   * orders.join(payments)
   *     .on(Order::id, Payment::orderId)
   *     .within(Duration.ZERO, Duration.ofHours(1))
   *     .inner((order, payment) -> new Paid(order.id(), payment.amount()))
   * }</pre>
   */
  public <R> StreamJoin<T, R> join(DataStream<R> right) {
    Arguments.given("Cannot join", "right stream", right);
    StreamJoin.checkSameJob(plan, right.plan);
    return new StreamJoin<>(this, right);
  }

  /**
   * {@return a join of this stream with a table: each value meets the row of its key}
   *
   * <pre>{@code
   * activity.join(profiles).on(Activity::userId).inner(Enriched::new)
   * }</pre>
   */
  public <K, R> StreamTableJoin<K, T, R> join(Table<K, R> table) {
    Arguments.given("Cannot join", "table", table);
    StreamJoin.checkSameJob(plan, table.plan());
    return new StreamTableJoin<>(this, table);
  }

  /**
   * {@return a join of this stream, where its records are, with a table that every instance has
   * whole: each value meets the row of its key, without a shuffle}
   *
   * <pre>{@code
   * orders.join(countries.broadcast()).on(Order::country).left(Shipment::of)
   * }</pre>
   */
  public <K, R> BroadcastJoin<K, T, R> join(BroadcastTable<K, R> table) {
    Arguments.given("Cannot join", "table", table);
    StreamJoin.checkSameJob(plan, table.plan());
    return new BroadcastJoin<>(this, table);
  }

  /**
   * {@return the first of several named streams into which this one is divided: each value goes to
   * the first branch whose predicate holds}
   *
   * <pre>{@code
   * Branches<Order> regions =
   *     orders
   *         .branch("europe", order -> order.region().equals("EU"))
   *         .branch("asia", order -> order.region().equals("AS"))
   *         .otherwise("elsewhere");
   * regions.stream("europe").to(...);
   * }</pre>
   *
   * @param name the branch; a stage that begins there is named after it
   */
  public Branches<T> branch(String name, FilterFunction<? super T> predicate) {
    int branch = plan.add(new Operation.Branch(List.of()), List.of(id), type());
    return new Branches<T>(plan, branch).branch(name, predicate);
  }

  /**
   * {@return the values that the function keeps; what it emits to the side outputs is the stream
   * that {@link #sideOutput} returns}
   *
   * <pre>{@code
   * DataStream<Order> valid = orders.filter((order, out) -> {
   *   if (order.amount() >= 0) {
   *     return true;
   *   }
   *   out.emit(REJECTED, new Rejection(order.id(), "negative"));
   *   return false;
   * }, REJECTED);
   * DataStream<Rejection> rejected = valid.sideOutput(REJECTED);
   * }</pre>
   *
   * @param tags all side outputs that the function may emit to, one or more
   */
  public DataStream<T> filter(SideOutputFilter<? super T> function, OutputTag<?>... tags) {
    Arguments.given("Cannot filter with side outputs", "function", function);
    Arguments.allGiven("Cannot filter with side outputs", "tag", tags);
    if (tags.length == 0) {
      throw new ConfigurationException(
          "Cannot filter with side outputs: no tag is given. Name the tags that the function emits"
              + " to after it, or use a predicate of one parameter");
    }
    return add(
        new StatelessOperation.FilterWithOutputs(function, SideOutputsOf.distinct(tags)), type());
  }

  /**
   * {@return the stream of what the step that makes this stream writes to a side output}
   *
   * @throws ConfigurationException if the step does not have this side output
   */
  public <S> DataStream<S> sideOutput(OutputTag<S> tag) {
    return new DataStream<>(plan, SideOutputsOf.node(plan, id, tag));
  }

  /** {@return this stream spread evenly over the tasks of a new stage} */
  public DataStream<T> rebalance() {
    NodeTypes.of(plan, id);
    return add(new Operation.Rebalance(), type());
  }

  /** {@return this stream distributed by key: all values of one key meet in one task} */
  public <K> KeyedStream<K, T> keyBy(KeyFunction<? super T, ? extends K> key) {
    return keyBy(key, "keyBy");
  }

  /**
   * {@return this stream distributed by key}
   *
   * @param verb the method that the program has called
   */
  <K> KeyedStream<K, T> keyBy(KeyFunction<? super T, ? extends K> key, String verb) {
    Arguments.given("Cannot key the stream", "key", key);
    Type keyType = FunctionTypes.keyOf(plan, id, key, verb);
    return keyed(keyType, key);
  }

  /**
   * {@return this stream distributed by a key whose type is stated because the lambda does not show
   * it}
   */
  public <K> KeyedStream<K, T> keyBy(Class<K> type, KeyFunction<? super T, ? extends K> key) {
    Arguments.given("Cannot key the stream", "type", type);
    Arguments.given("Cannot key the stream", "key", key);
    return keyed(type, key);
  }

  /**
   * {@return the table of the newest value of each key, in the order in which they arrive}
   *
   * <pre>{@code
   * Table<String, Profile> profiles = updates.toTable(Profile::user);
   * }</pre>
   *
   * <p>Values of one key that come from several partitions are in no promised order: if a topic is
   * to be a table, write it partitioned by that key.
   */
  public <K> Table<K, T> toTable(KeyFunction<? super T, ? extends K> key) {
    return this.<K>keyBy(key).latest();
  }

  /**
   * {@return the table of the newest row of each key, which a function makes of each value; where
   * it returns null, the row is deleted}
   *
   * <pre>{@code
   * Table<String, Profile> profiles =
   *     updates.toTable(Update::user, update -> update.isLast() ? null : update.profile());
   * }</pre>
   *
   * <p>It is short for {@code keyBy(key).latest(row)}, which takes types and a number of tasks.
   */
  public <K, V> Table<K, V> toTable(
      KeyFunction<? super T, ? extends K> key, UpsertFunction<? super T, ? extends V> row) {
    return this.<K>keyBy(key).latest(row);
  }

  /**
   * {@return this stream distributed by a key of a known type}
   *
   * @param cannot what cannot be done without the key
   */
  <K> KeyedStream<K, T> keyed(
      Type keyType, KeyFunction<? super T, ? extends K> key, String cannot) {
    return keyed(keyType, Arguments.given(cannot, "key", key));
  }

  private <K> KeyedStream<K, T> keyed(Type keyType, KeyFunction<? super T, ? extends K> key) {
    Type valueType = NodeTypes.of(plan, id);
    StepChecks.checkKey(plan.node(id), keyType);
    int keyed = plan.add(new Operation.KeyBy(key, keyType), List.of(id), Optional.of(valueType));
    return new KeyedStream<>(plan, keyed);
  }

  /** Writes this stream to a sink; the step returned is for naming it and for its error policy. */
  public SinkStep to(Sink<? super T> sink) {
    Arguments.given("Cannot write the stream", "sink", sink);
    return new SinkStep(plan, plan.add(new Operation.Write(sink), List.of(id), Optional.empty()));
  }

  /** States the type of this stream's values, where the lambda that makes them does not show it. */
  public DataStream<T> returns(TypeRef<T> type) {
    Type stated = Arguments.given("Cannot state the type of a stream", "type", type).type();
    plan.change(id, node -> node.typed(stated));
    return this;
  }

  /** Names the step that makes this stream: the name of its stage, state and metrics. */
  public DataStream<T> name(String name) {
    Job.checkName("step", name);
    plan.change(id, node -> node.named(name));
    return this;
  }

  /**
   * Sets how many tasks carry out the step that makes this stream; it starts a stage of its own if
   * it has to.
   *
   * @param tasks 1 to 10,000
   */
  public DataStream<T> parallelism(int tasks) {
    StepChecks.checkParallelism(tasks);
    StepChecks.checkSpreads(plan.node(id));
    plan.change(id, node -> node.parallel(tasks));
    return this;
  }

  /** Sets the error policy for records on which the step that makes this stream fails. */
  public DataStream<T> onError(ErrorPolicy policy) {
    Arguments.given("Cannot set an error policy", "policy", policy);
    StepChecks.checkFails(plan.node(id));
    plan.change(id, node -> node.guarded(policy));
    return this;
  }

  /** {@return the node of its values} */
  int id() {
    return id;
  }

  private Optional<Type> type() {
    return plan.node(id).type();
  }

  private <R> DataStream<R> add(Operation operation, Optional<Type> type) {
    return new DataStream<>(plan, plan.add(operation, List.of(id), type));
  }

  /**
   * {@return the results of a keyed operator by the key that they were made for; what reads them
   * runs in the operator's stage, without a shuffle, as far as the steps between keep the values}
   *
   * @param keyType the type of the keys
   */
  <K> KeyedStream<K, T> byKeptKey(KeptKey key, Type keyType) {
    Operation keyBy = new Operation.KeyBy(key, keyType);
    Type type = NodeTypes.of(plan, id);
    return new KeyedStream<>(plan, plan.add(keyBy, List.of(id), Optional.of(type)));
  }
}
