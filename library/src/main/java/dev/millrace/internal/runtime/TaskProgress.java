package dev.millrace.internal.runtime;

import dev.millrace.connector.KafkaSource;
import dev.millrace.connector.Source;
import dev.millrace.connector.SplitSource;
import dev.millrace.internal.frame.ChannelUpdate;
import dev.millrace.internal.frame.ChannelVector;
import dev.millrace.internal.frame.FrameReader;
import dev.millrace.internal.plan.ShuffleEdge.Granularity;
import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.time.ChannelStatus;
import dev.millrace.internal.time.SourceProgress;
import dev.millrace.internal.time.SourceWatermark;
import dev.millrace.internal.time.SourceWatermarkSpec;
import dev.millrace.internal.time.WatermarkCombiner;
import dev.millrace.internal.time.WatermarkThrottle;
import dev.millrace.internal.time.Watermarks;
import dev.millrace.internal.window.Saturating;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How far a task has come in time: its input watermarks, what it says downstream, and whether it
 * has finished.
 *
 * <p>A source task makes its event-time watermark itself; a task behind shuffles combines what its
 * channels say, all inputs' channels numbered through. Processing time is this worker's clock,
 * never going back, also over restarts.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class TaskProgress {

  private final int task;
  private final @Nullable SourceWatermark source;
  private final @Nullable WatermarkCombiner eventTime;
  private final @Nullable WatermarkCombiner processingTime;
  private final WatermarkThrottle[] eventThrottles;
  private final WatermarkThrottle[] processingThrottles;
  private final boolean stampsProcessingTime;
  private final long holdsBackMs;

  private long ownerEpoch;
  private long firedEventTime = Watermarks.UNKNOWN;
  private long stampMs = Watermarks.UNKNOWN;
  private ChannelStatus status = ChannelStatus.ACTIVE;

  TaskProgress(StageSetup setup, int task) {
    this.task = task;
    this.holdsBackMs = setup.stage().holdsBackMs();
    int channels = setup.channels();
    boolean shuffled = channels > 0;
    this.source = shuffled ? null : sourceWatermark(setup.inputs().get(0).input());
    this.eventTime = shuffled ? WatermarkCombiner.ofEventTime(channels) : null;
    this.processingTime = shuffled ? WatermarkCombiner.ofProcessingTime(channels) : null;
    List<Granularity> needs =
        setup.outputs().stream().map(output -> output.edge().granularityMs()).toList();
    this.eventThrottles = throttles(needs.stream().map(Granularity::eventMs).toList());
    this.processingThrottles = throttles(needs.stream().map(Granularity::processingMs).toList());
    this.stampsProcessingTime =
        needs.stream().anyMatch(need -> need.processingMs() != Long.MAX_VALUE);
  }

  private static WatermarkThrottle[] throttles(List<Long> granularities) {
    WatermarkThrottle[] throttles = new WatermarkThrottle[granularities.size()];
    for (int i = 0; i < throttles.length; i++) {
      throttles[i] =
          new WatermarkThrottle(granularities.get(i), WatermarkThrottle.DEFAULT_INTERVAL_MS);
    }
    return throttles;
  }

  private static @Nullable SourceWatermark sourceWatermark(StageInput input) {
    Source<?> source;
    if (input instanceof StageInput.Kafka kafka) {
      KafkaSource<?> topic = kafka.source();
      source = topic;
    } else {
      SplitSource<?> splits = ((StageInput.Splits) input).source();
      source = splits;
    }
    return source
        .watermarks()
        .map(
            strategy -> {
              SourceWatermarkSpec spec =
                  SourceWatermarkSpec.boundedOutOfOrderness(strategy.bound().toMillis())
                      .withIdleTimeout(strategy.idleTimeout().toMillis())
                      .withMaxFuture(strategy.maxFuture().toMillis());
              return new SourceWatermark(
                  strategy.advancesWithClock() ? spec.advancingWithClock() : spec);
            })
        .orElse(null);
  }

  /** Takes up where the last commit left off. */
  void restore(
      ChannelStatus lastStatus,
      long lastEventTime,
      long lastProcessingTime,
      List<ChannelVector> vectors) {
    status = lastStatus;
    firedEventTime = lastEventTime;
    stampMs = lastProcessingTime;
    if (source != null) {
      source.restore(lastStatus, lastEventTime);
    }
    if (eventTime != null && processingTime != null) {
      for (ChannelVector vector : vectors) {
        // Fewer are possible: a small frame leaves channels out when there are very many.
        if (vector.channels().size() <= eventTime.channels()) {
          vector.restore(eventTime, processingTime);
        }
      }
    }
  }

  /**
   * Begins a new ownership: everything is said again, in case the former owner's words were lost.
   */
  void own(long epoch) {
    ownerEpoch = epoch;
    for (WatermarkThrottle throttle : eventThrottles) {
      throttle.requireResend();
    }
    for (WatermarkThrottle throttle : processingThrottles) {
      throttle.requireResend();
    }
  }

  /** Notes the event time of a source's record. */
  void observe(long eventTimeMs, long wallMs) {
    if (source != null) {
      source.observe(eventTimeMs, wallMs);
    }
  }

  /** Looks at the clocks; returns whether the source's watermark or status changed. */
  boolean check(SourceProgress progress, long wallMs, long nowNanos) {
    return source != null && source.check(progress, wallMs, nowNanos);
  }

  /**
   * Applies one channel update of a frame; returns whether the input's watermark or status changed.
   */
  boolean update(int channel, FrameReader update) {
    if (eventTime == null || processingTime == null) {
      return false;
    }
    boolean event =
        eventTime.update(
            channel,
            update.updateStatus(),
            update.updateOwnerEpoch(),
            update.updateEventTimeWatermark());
    boolean processing =
        processingTime.update(
            channel,
            update.updateStatus(),
            update.updateOwnerEpoch(),
            update.updateProcessingTimeWatermark());
    return event || processing;
  }

  /** {@return the event-time watermark of the input} */
  long eventTime() {
    if (eventTime != null) {
      return eventTime.watermark();
    }
    if (status == ChannelStatus.FINISHED) {
      return Watermarks.END_OF_TIME;
    }
    return source == null ? Watermarks.UNKNOWN : source.watermark();
  }

  /** {@return the processing-time watermark of the input} */
  long processingTime() {
    return processingTime == null ? Watermarks.UNKNOWN : processingTime.watermark();
  }

  /** {@return whether all channels have finished} */
  boolean inputsFinished() {
    return eventTime != null && eventTime.status() == ChannelStatus.FINISHED;
  }

  /**
   * Notes that everything up to the input's watermark has fired, so that downstream may be told.
   */
  void fired() {
    firedEventTime = Math.max(firedEventTime, eventTime());
    if (status != ChannelStatus.FINISHED) {
      status =
          eventTime != null
              ? active(eventTime.status())
              : source != null ? source.status() : ChannelStatus.ACTIVE;
    }
  }

  /** FINISHED is said by {@link #finish()} alone, when the task itself is through. */
  private static ChannelStatus active(ChannelStatus input) {
    return input == ChannelStatus.FINISHED ? ChannelStatus.ACTIVE : input;
  }

  /** The task has come to the end of its input, for good. */
  void finish() {
    status = ChannelStatus.FINISHED;
    firedEventTime = Watermarks.END_OF_TIME;
    stampMs = Watermarks.END_OF_TIME;
    if (source != null) {
      source.finish();
    }
  }

  /** {@return the time to stamp a record with that goes to a window in processing time} */
  long stamp(long wallMs) {
    if (wallMs > stampMs) {
      stampMs = wallMs;
    }
    return stampMs;
  }

  /** {@return what the task says downstream} */
  ChannelUpdate update() {
    return new ChannelUpdate(
        task,
        status,
        ownerEpoch,
        promisedEventTime(),
        stampsProcessingTime || status == ChannelStatus.FINISHED ? stampMs : Watermarks.UNKNOWN);
  }

  /** Downstream may not be promised what a correction within the allowed lateness would break. */
  private long promisedEventTime() {
    if (status == ChannelStatus.FINISHED || firedEventTime == Watermarks.UNKNOWN) {
      return firedEventTime;
    }
    return Math.max(Saturating.subtract(firedEventTime, holdsBackMs), Watermarks.UNKNOWN + 1);
  }

  /** Moves processing time on and tells the throttles where time stands. */
  void advance(long wallMs) {
    if (stampsProcessingTime && status != ChannelStatus.FINISHED) {
      stamp(wallMs);
    }
    for (int i = 0; i < eventThrottles.length; i++) {
      eventThrottles[i].advance(status, promisedEventTime());
      processingThrottles[i].advance(
          status == ChannelStatus.IDLE ? ChannelStatus.ACTIVE : status,
          stampsProcessingTime ? stampMs : Watermarks.UNKNOWN);
    }
  }

  /** {@return whether an output has to be told, even if there is nothing else to send} */
  boolean isDue(int output, long nowNanos) {
    return eventThrottles[output].isDue(nowNanos) || processingThrottles[output].isDue(nowNanos);
  }

  /**
   * {@return how long it is until an output has to be told; {@link Long#MAX_VALUE} if nothing is
   * waiting}
   */
  long nanosUntilDue(long nowNanos) {
    long soonest = Long.MAX_VALUE;
    for (int i = 0; i < eventThrottles.length; i++) {
      soonest = Math.min(soonest, eventThrottles[i].nanosUntilDue(nowNanos));
      soonest = Math.min(soonest, processingThrottles[i].nanosUntilDue(nowNanos));
    }
    return soonest;
  }

  /** Notes that all partitions of an output have been told. */
  void told(int output, long nowNanos) {
    eventThrottles[output].sent(nowNanos);
    processingThrottles[output].sent(nowNanos);
  }

  /** {@return the channels' state, for the commit frame} */
  List<ChannelVector> vectors() {
    List<ChannelVector> vectors = new ArrayList<>();
    if (eventTime != null && processingTime != null) {
      vectors.add(ChannelVector.of(0, eventTime, processingTime));
    }
    return vectors;
  }

  /** {@return whether the task is through} */
  boolean isFinished() {
    return status == ChannelStatus.FINISHED;
  }

  long ownerEpoch() {
    return ownerEpoch;
  }

  long outputEventTime() {
    return firedEventTime;
  }

  long outputProcessingTime() {
    return stampMs;
  }

  ChannelStatus status() {
    return status;
  }
}
