package dev.millrace;

import dev.millrace.aggregate.Aggregates;
import dev.millrace.aggregate.Aggregation;
import dev.millrace.function.LongFunction;
import dev.millrace.function.ReduceFunction;
import dev.millrace.internal.plan.Fold;
import dev.millrace.internal.plan.FoldFunction;
import dev.millrace.internal.plan.Operation;
import dev.millrace.internal.plan.PlanBuilder;
import dev.millrace.window.WindowResult;
import dev.millrace.window.WindowSpec;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Optional;

/**
 * A keyed stream cut into windows.
 *
 * <p><b>Contract.</b> One final result per key and window, when the window closes: when the
 * watermark (event time) or the clock (processing time) passes its end, whether or not more records
 * of the key come.
 *
 * <p><b>Time.</b> Event time if every source that feeds it has watermarks, else processing time;
 * {@code inEventTime()} and {@code inProcessingTime()} on the window say so explicitly. A record
 * that comes when its window has closed is late: it is dropped and counted.
 *
 * <p><b>State.</b> One accumulator per key and open window.
 *
 * <p><b>Threads.</b> Confined to the thread that builds the job.
 *
 * @param <K> the keys
 * @param <T> the values
 */
public final class WindowedStream<K, T> {

  private final PlanBuilder plan;
  private final int id;
  private final WindowSpec window;

  WindowedStream(PlanBuilder plan, int id, WindowSpec window) {
    this.plan = plan;
    this.id = id;
    this.window = window;
  }

  /**
   * {@return the values of each key and window combined into one; the function must be associative}
   */
  public DataStream<WindowResult<K, T>> reduce(ReduceFunction<T> function) {
    Type type = Types.require(plan, id);
    return results("reduce", new Fold(FoldFunction.of(function), type, type, true));
  }

  /** {@return the aggregate of each key and window} */
  public <A, R> DataStream<WindowResult<K, R>> aggregate(Aggregation<? super T, A, R> aggregation) {
    return results("aggregate", Types.fold(aggregation));
  }

  /** {@return the number of values per key and window} */
  public DataStream<WindowResult<K, Long>> count() {
    return results("count", Types.fold(Aggregates.count()));
  }

  /** {@return the sum of a number per key and window} */
  public DataStream<WindowResult<K, Long>> sum(LongFunction<T> number) {
    return results("sum", Types.fold(Aggregates.sum(number)));
  }

  private <R> DataStream<WindowResult<K, R>> results(String verb, Fold fold) {
    Type keyType = ((Operation.KeyBy) plan.node(id).operation()).keyType();
    Type result =
        dev.millrace.internal.type.Types.parameterized(
            WindowResult.class, keyType, fold.resultType());
    int node =
        plan.add(
            new Operation.WindowAggregate(verb, fold, window), List.of(id), Optional.of(result));
    return new DataStream<>(plan, node);
  }
}
