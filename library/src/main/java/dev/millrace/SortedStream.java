package dev.millrace;

import dev.millrace.error.ConfigurationException;
import dev.millrace.internal.plan.PlanBuilder;
import dev.millrace.internal.plan.SortedInput;
import dev.millrace.internal.util.Arguments;
import dev.millrace.output.OutputTag;
import dev.millrace.process.KeyedProcessFunction;
import dev.millrace.window.Late;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A keyed stream whose records are processed in the order of their event times.
 *
 * <p><b>Contract.</b> A record waits until the watermark has passed its time. Then the function
 * gets it after all records with earlier times and after all event-time timers up to its own time;
 * records of the same time come in the order in which they arrived. Results are therefore the same
 * for live input and for a backlog, as far as no record is late.
 *
 * <p><b>Time.</b> Event time: all sources need watermarks. {@code context.watermark()} is the time
 * of the record or timer at hand. A record that comes after the watermark has passed its time is
 * late: the function does not get it. It is counted, and written to the {@linkplain #lateTo late
 * output} if there is one. A record too far in the future is treated in the same way, with that
 * reason.
 *
 * <p><b>State.</b> The records that wait: all those with times from the watermark to the newest
 * record.
 *
 * <p><b>Threads.</b> Confined to the thread that builds the job; immutable.
 *
 * @param <K> the keys
 * @param <T> the values
 */
public final class SortedStream<K, T> {

  private final PlanBuilder plan;
  private final int id;
  private final SortedInput input;

  SortedStream(PlanBuilder plan, int id, SortedInput input) {
    this.plan = plan;
    this.id = id;
    this.input = input;
  }

  /**
   * {@return the same stream, with late records written to a side output of the results}
   *
   * @param tag made by {@link Late#tag}
   */
  public SortedStream<K, T> lateTo(OutputTag<Late<T>> tag) {
    return new SortedStream<>(
        plan, id, input.lateTo(Arguments.given("Cannot emit late records", "tag", tag)));
  }

  /**
   * {@return the results of a function with state and timers of its own, as {@link
   * KeyedStream#process}, with its input in the order of event time}
   *
   * @param functions makes a new function at each call: every task has its own
   * @param tags all side outputs that the function may write to
   * @throws ConfigurationException if the same function comes twice
   */
  public <R> DataStream<R> process(
      Supplier<? extends KeyedProcessFunction<? super K, ? super T, R>> functions,
      OutputTag<?>... tags) {
    return KeyedStream.process(plan, List.of(id), functions, tags, Optional.of(input));
  }
}
