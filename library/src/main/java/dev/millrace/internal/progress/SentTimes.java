package dev.millrace.internal.progress;

import dev.millrace.internal.plan.ShuffleEdge.Granularity;
import dev.millrace.internal.stage.Rhythm;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.stage.StageShare;
import dev.millrace.internal.time.ChannelStatus;
import dev.millrace.internal.time.WatermarkThrottle;
import dev.millrace.internal.time.Watermarks;
import java.util.List;

/**
 * The watermarks that a task has sent to each of its outputs, and when the next ones are due there.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class SentTimes {

  private final WatermarkThrottle[] event;
  private final WatermarkThrottle[] processing;
  private final boolean sendsProcessingTime;

  SentTimes(StageSetup setup, StageShare share, Rhythm rhythm) {
    List<StageSetup.Output> outputs = setup.outputs();
    this.event = new WatermarkThrottle[outputs.size()];
    this.processing = new WatermarkThrottle[outputs.size()];
    boolean sends = false;
    for (int i = 0; i < outputs.size(); i++) {
      Granularity needs = outputs.get(i).edge().granularityMs();
      long intervalMs = share.watermarkIntervalMs(rhythm, outputs.get(i).partitions());
      event[i] = new WatermarkThrottle(needs.eventMs(), intervalMs);
      processing[i] = new WatermarkThrottle(needs.processingMs(), intervalMs);
      sends |= needs.processingMs() != Long.MAX_VALUE;
    }
    this.sendsProcessingTime = sends;
  }

  /** {@return whether any output asks for processing time} */
  boolean sendsProcessingTime() {
    return sendsProcessingTime;
  }

  /** Has everything sent again, whatever was sent before. */
  void requireResend() {
    for (int i = 0; i < event.length; i++) {
      event[i].requireResend();
      processing[i].requireResend();
    }
  }

  /** Takes the present watermarks, to be sent when they are due. */
  void advance(ChannelStatus status, long eventTime, long processingTime) {
    for (int i = 0; i < event.length; i++) {
      event[i].advance(status, eventTime);
      processing[i].advance(
          status == ChannelStatus.IDLE ? ChannelStatus.ACTIVE : status,
          sendsProcessingTime ? processingTime : Watermarks.UNKNOWN);
    }
  }

  /** {@return whether there is anything that an output has not been sent} */
  boolean hasNews(int output) {
    return event[output].hasNews() || processing[output].hasNews();
  }

  /** {@return whether it is due, even if there is nothing else to send} */
  boolean isDue(int output, long nowNanos) {
    return event[output].isDue(nowNanos) || processing[output].isDue(nowNanos);
  }

  /** {@return how long it is until anything is due; {@link Long#MAX_VALUE} if nothing waits} */
  long nanosUntilDue(long nowNanos) {
    long soonest = Long.MAX_VALUE;
    for (int i = 0; i < event.length; i++) {
      soonest = Math.min(soonest, event[i].nanosUntilDue(nowNanos));
      soonest = Math.min(soonest, processing[i].nanosUntilDue(nowNanos));
    }
    return soonest;
  }

  /** Notes that the present watermarks were sent to all partitions of an output. */
  void sent(int output, long nowNanos) {
    event[output].sent(nowNanos);
    processing[output].sent(nowNanos);
  }
}
