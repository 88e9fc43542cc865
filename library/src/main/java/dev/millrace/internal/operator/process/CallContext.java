package dev.millrace.internal.operator.process;

import dev.millrace.internal.operator.SideBuffer;
import dev.millrace.output.OutputTag;
import dev.millrace.process.KeyedProcessFunction;
import dev.millrace.process.Timers;
import dev.millrace.time.TimeDomain;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The context of a process function's present call; one object serves all calls of a task.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class CallContext extends KeyedProcessFunction<Object, Object, Object>.Context
    implements Timers {

  private final TimerRows eventTimers;
  private final TimerRows clockTimers;
  private final List<Object> results;
  private final SideBuffer sides;
  private final boolean hasWatermarks;

  private @Nullable Object key;
  private long eventTimeMs;
  private long watermarkMs;
  private long clockMs;
  private TimeDomain domain = TimeDomain.EVENT;

  CallContext(
      KeyedProcessFunction<Object, Object, Object> function,
      TimerRows eventTimers,
      TimerRows clockTimers,
      List<Object> results,
      SideBuffer sides,
      boolean hasWatermarks) {
    function.super();
    this.eventTimers = eventTimers;
    this.clockTimers = clockTimers;
    this.results = results;
    this.sides = sides;
    this.hasWatermarks = hasWatermarks;
  }

  void begin(Object ofKey, long eventMs, long watermark, long wallMs, TimeDomain of) {
    key = ofKey;
    eventTimeMs = eventMs;
    watermarkMs = watermark;
    clockMs = wallMs;
    domain = of;
  }

  void end() {
    key = null;
  }

  @Override
  public Object key() {
    Object known = key;
    if (known == null) {
      throw new IllegalStateException(
          "Cannot use the context of a process function: its call is over. Use it inside of onRecord"
              + " and onTimer only");
    }
    return known;
  }

  @Override
  public Instant eventTime() {
    return Instant.ofEpochMilli(eventTimeMs);
  }

  @Override
  public Instant watermark() {
    return watermarkMs == Long.MIN_VALUE ? Instant.MIN : Instant.ofEpochMilli(watermarkMs);
  }

  @Override
  public Instant processingTime() {
    return Instant.ofEpochMilli(clockMs);
  }

  @Override
  public TimeDomain domain() {
    return domain;
  }

  @Override
  public Timers timers() {
    return this;
  }

  @Override
  public void emit(Object result) {
    key();
    if (result == null) {
      throw new NullPointerException("the function emitted null");
    }
    results.add(result);
  }

  @Override
  public <S> void emit(OutputTag<S> tag, S value) {
    key();
    sides.emit(tag, value);
  }

  @Override
  public void setEventTime(Instant time) {
    key();
    if (!hasWatermarks) {
      throw new IllegalStateException(
          "Cannot set a timer in event time: a source has no watermarks, so it would never fire. Add"
              + " .watermarks(...) to the source, or use setProcessingTime");
    }
    eventTimers.set(millis(time));
  }

  @Override
  public void setProcessingTime(Instant time) {
    key();
    clockTimers.set(millis(time));
  }

  @Override
  public void cancelEventTime(Instant time) {
    key();
    eventTimers.cancel(millis(time));
  }

  @Override
  public void cancelProcessingTime(Instant time) {
    key();
    clockTimers.cancel(millis(time));
  }

  /** Instants reach further than longs of milliseconds, and the last long is the end of time. */
  private static long millis(Instant time) {
    try {
      return Math.min(time.toEpochMilli(), Long.MAX_VALUE - 1);
    } catch (ArithmeticException e) {
      return time.getEpochSecond() < 0 ? Long.MIN_VALUE : Long.MAX_VALUE - 1;
    }
  }
}
