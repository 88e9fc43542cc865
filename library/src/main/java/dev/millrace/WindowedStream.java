package dev.millrace;

import dev.millrace.aggregate.Aggregates;
import dev.millrace.aggregate.Aggregation;
import dev.millrace.function.ReduceFunction;
import dev.millrace.function.ToLongFunction;
import dev.millrace.internal.fold.Fold;
import dev.millrace.internal.plan.KeyedOperation;
import dev.millrace.internal.plan.PlanBuilder;
import dev.millrace.internal.plan.WindowRules;
import dev.millrace.internal.type.Types;
import dev.millrace.internal.util.Arguments;
import dev.millrace.internal.window.WindowSettings;
import dev.millrace.output.OutputTag;
import dev.millrace.window.Emission;
import dev.millrace.window.Late;
import dev.millrace.window.WindowFunction;
import dev.millrace.window.WindowResult;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A keyed stream cut into windows.
 *
 * <p><b>Contract.</b> One final result per key and window, when the window closes: when the
 * watermark (event time) or the clock (processing time) passes its end, whether or not more records
 * of the key come. {@link #allowedLateness} and {@link #emit} make results that can be revised.
 *
 * <p><b>Time.</b> Event time if every source that feeds it has watermarks, else processing time;
 * {@code inEventTime()} and {@code inProcessingTime()} on the window choose it explicitly. A record
 * that comes when all its windows have closed is late: it is counted, and written to the
 * {@linkplain #lateTo late output} if there is one.
 *
 * <p><b>State.</b> One accumulator per key and open window; for windows that overlap, one per key
 * and slice, a slice being as long as the greatest common divisor of size and slide.
 *
 * <pre>{@code
 * OutputTag<Late<Reading>> late = Late.tag("late-readings", Reading.class);
 * DataStream<WindowResult<String, Double>> averages =
 *     readings.keyBy(Reading::sensor)
 *         .window(Windows.sliding(Duration.ofMinutes(10), Duration.ofMinutes(1)))
 *         .lateTo(late)
 *         .aggregate(Aggregates.average(Reading::celsius));
 * averages.sideOutput(late).to(...);
 * }</pre>
 *
 * <p><b>Threads.</b> Confined to the thread that builds the job; immutable: {@code lateTo} and the
 * like return another one.
 *
 * @param <K> the keys
 * @param <T> the values
 */
public final class WindowedStream<K, T> {

  private final PlanBuilder plan;
  private final int id;
  private final WindowSettings window;
  private final WindowRules rules;

  WindowedStream(PlanBuilder plan, int id, WindowSettings window, WindowRules rules) {
    this.plan = plan;
    this.id = id;
    this.window = window;
    this.rules = rules;
  }

  /**
   * {@return the same windows, with late records written to a side output of the results}
   *
   * <p>Late records must then reach the window one by one, which turns off the aggregation before
   * the shuffle.
   *
   * @param tag made by {@link Late#tag}
   */
  public WindowedStream<K, T> lateTo(OutputTag<Late<T>> tag) {
    return new WindowedStream<>(
        plan, id, window, rules.lateTo(Arguments.given("Cannot emit late records", "tag", tag)));
  }

  /**
   * {@return the same windows, kept for some time after they have closed, so that records that come
   * late can correct their results}
   *
   * <p>Later steps see event time held back by the lateness, since results may still be corrected.
   *
   * @param lateness in event time, zero or more
   */
  public RevisedWindowedStream<K, T> allowedLateness(Duration lateness) {
    return new RevisedWindowedStream<K, T>(plan, id, window, rules.revised())
        .allowedLateness(lateness);
  }

  /** {@return the same windows, with results before they close} */
  public RevisedWindowedStream<K, T> emit(Emission emission) {
    return new RevisedWindowedStream<K, T>(plan, id, window, rules.revised()).emit(emission);
  }

  /**
   * {@return the values of each key and window combined into one; the function must be associative}
   */
  public DataStream<WindowResult<K, T>> reduce(ReduceFunction<T> function) {
    Arguments.given("Cannot reduce", "function", function);
    Type type = NodeTypes.of(plan, id);
    return results("reduce", Fold.of(function, type));
  }

  /** {@return the aggregate of each key and window} */
  public <A, R> DataStream<WindowResult<K, R>> aggregate(Aggregation<? super T, A, R> aggregation) {
    return results(
        "aggregate", Fold.of(Arguments.given("Cannot aggregate", "aggregation", aggregation)));
  }

  /** {@return what a function makes of the key, the window and the aggregate} */
  public <A, R, O> DataStream<O> aggregate(
      Aggregation<? super T, A, R> aggregation, WindowFunction<K, R, O> function) {
    Arguments.given("Cannot aggregate", "aggregation", aggregation);
    Arguments.given("Cannot aggregate", "function", function);
    Type type =
        FunctionTypes.ofWindows(
            function, NodeTypes.keyOf(plan, id), aggregation.resultType().type());
    return applied(type, aggregation, function);
  }

  /**
   * {@return what a function makes of the key, the window and the aggregate, of a type stated
   * because the lambda does not show it}
   */
  public <A, R, O> DataStream<O> aggregate(
      Class<O> type, Aggregation<? super T, A, R> aggregation, WindowFunction<K, R, O> function) {
    return applied(
        Arguments.given("Cannot aggregate", "type", type),
        aggregation,
        Arguments.given("Cannot aggregate", "function", function));
  }

  private <A, R, O> DataStream<O> applied(
      Type type, Aggregation<? super T, A, R> aggregation, WindowFunction<K, R, O> function) {
    int node =
        plan.add(
            new KeyedOperation.WindowAggregate(
                "aggregate",
                Fold.of(Arguments.given("Cannot aggregate", "aggregation", aggregation)),
                window,
                rules,
                Optional.of(function)),
            List.of(id),
            Optional.of(type));
    return new DataStream<>(plan, node);
  }

  /** {@return the number of values per key and window} */
  public DataStream<WindowResult<K, Long>> count() {
    return results("count", Fold.of(Aggregates.count()));
  }

  /** {@return the sum of a number per key and window} */
  public DataStream<WindowResult<K, Long>> sum(ToLongFunction<T> number) {
    return results("sum", Fold.of(Aggregates.sum(number)));
  }

  private <R> DataStream<WindowResult<K, R>> results(String verb, Fold fold) {
    Type result =
        Types.parameterized(WindowResult.class, NodeTypes.keyOf(plan, id), fold.resultType());
    int node =
        plan.add(
            new KeyedOperation.WindowAggregate(verb, fold, window, rules, Optional.empty()),
            List.of(id),
            Optional.of(result));
    return new DataStream<>(plan, node);
  }
}
