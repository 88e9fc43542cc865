package dev.millrace.internal.frame;

import dev.millrace.internal.time.ChannelStatus;
import dev.millrace.internal.time.WatermarkCombiner;
import dev.millrace.internal.time.Watermarks;
import java.util.ArrayList;
import java.util.List;

/**
 * The channels of one input of a task, and what the channels of all inputs came to when combined.
 *
 * <p>The combined watermarks do not follow from the channels (those of a resumed channel may be
 * lower) nor from the task's output (operators may hold that back), so they are kept.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param eventTimeWatermark of the task; {@link Long#MIN_VALUE} if unknown
 * @param processingTimeWatermark of the task; {@link Long#MIN_VALUE} if unknown
 * @param ownEventTime the watermark of this input alone, at least the task's
 * @param ownProcessingTime likewise
 * @param channels by upstream partition; empty where the vector was left out for its size
 */
public record ChannelVector(
    int inputIndex,
    long eventTimeWatermark,
    long processingTimeWatermark,
    long ownEventTime,
    long ownProcessingTime,
    List<ChannelState> channels) {

  /** Keeps an immutable copy. */
  public ChannelVector {
    channels = List.copyOf(channels);
  }

  /** Creates the vector of an input whose watermarks are the task's. */
  public ChannelVector(
      int inputIndex,
      long eventTimeWatermark,
      long processingTimeWatermark,
      List<ChannelState> channels) {
    this(
        inputIndex,
        eventTimeWatermark,
        processingTimeWatermark,
        eventTimeWatermark,
        processingTimeWatermark,
        channels);
  }

  /** {@return the same with watermarks of the input's own} */
  public ChannelVector withOwn(long eventTime, long processingTime) {
    return new ChannelVector(
        inputIndex,
        eventTimeWatermark,
        processingTimeWatermark,
        eventTime,
        processingTime,
        channels);
  }

  /** {@return the same with other channels} */
  ChannelVector with(List<ChannelState> others) {
    return new ChannelVector(
        inputIndex,
        eventTimeWatermark,
        processingTimeWatermark,
        ownEventTime,
        ownProcessingTime,
        others);
  }

  /** {@return the present state of two combiners, which have the same channels} */
  public static ChannelVector of(
      int inputIndex, WatermarkCombiner eventTime, WatermarkCombiner processingTime) {
    return of(inputIndex, eventTime, processingTime, 0, eventTime.channels());
  }

  /**
   * {@return the present state of one input's channels, from {@code first} on, of two combiners}
   */
  public static ChannelVector of(
      int inputIndex,
      WatermarkCombiner eventTime,
      WatermarkCombiner processingTime,
      int first,
      int count) {
    List<ChannelState> channels = new ArrayList<>(count);
    for (int i = first; i < first + count; i++) {
      channels.add(
          new ChannelState(
              eventTime.statusOf(i),
              eventTime.ownerEpochOf(i),
              eventTime.watermarkOf(i),
              processingTime.watermarkOf(i)));
    }
    return new ChannelVector(
        inputIndex, eventTime.watermark(), processingTime.watermark(), channels);
  }

  /** Brings an input's two combiners to this state. */
  public void restore(WatermarkCombiner eventTime, WatermarkCombiner processingTime) {
    List<WatermarkCombiner.Channel> event = new ArrayList<>(channels.size());
    List<WatermarkCombiner.Channel> processing = new ArrayList<>(channels.size());
    for (ChannelState channel : channels) {
      event.add(
          new WatermarkCombiner.Channel(
              channel.status(), channel.ownerEpoch(), channel.eventTimeWatermark()));
      processing.add(
          new WatermarkCombiner.Channel(
              channel.status(), channel.ownerEpoch(), channel.processingTimeWatermark()));
    }
    eventTime.restore(new WatermarkCombiner.Snapshot(eventTimeWatermark, event));
    processingTime.restore(new WatermarkCombiner.Snapshot(processingTimeWatermark, processing));
  }

  /**
   * {@return this with every owner epoch lowered to the least of them}
   *
   * <p>Updates of owners that are older still are refused; the others are in the right order in the
   * shuffle anyway.
   */
  ChannelVector withLeastEpoch() {
    long least = Long.MAX_VALUE;
    for (ChannelState channel : channels) {
      least = Math.min(least, channel.ownerEpoch());
    }
    List<ChannelState> lowered = new ArrayList<>(channels.size());
    for (ChannelState channel : channels) {
      lowered.add(
          new ChannelState(
              channel.status(),
              least,
              channel.eventTimeWatermark(),
              channel.processingTimeWatermark()));
    }
    return with(lowered);
  }

  /**
   * {@return this with watermarks that are coarser: lowered by less than {@code 2^bits} ms, but to
   * no less than the combined one}
   *
   * <p>Statuses stay, so no channel is waited for that has finished or is idle. A channel below the
   * combined watermark is ignored until it has caught up, so its own need not be kept. The highest
   * watermark of an idle channel is kept as it is: it may never be sent again, and it is what
   * counts when all are idle. Any other channel that holds the task back sends an update when it
   * moves.
   */
  ChannelVector coarser(int bits) {
    long highestIdle = Watermarks.UNKNOWN;
    for (ChannelState channel : channels) {
      if (channel.status() == ChannelStatus.IDLE) {
        highestIdle = Math.max(highestIdle, channel.eventTimeWatermark());
      }
    }
    List<ChannelState> coarse = new ArrayList<>(channels.size());
    for (ChannelState channel : channels) {
      if (channel.status() == ChannelStatus.FINISHED) {
        coarse.add(
            new ChannelState(
                ChannelStatus.FINISHED,
                channel.ownerEpoch(),
                Watermarks.END_OF_TIME,
                Watermarks.END_OF_TIME));
        continue;
      }
      boolean isKept =
          channel.status() == ChannelStatus.IDLE && channel.eventTimeWatermark() == highestIdle;
      coarse.add(
          new ChannelState(
              channel.status(),
              channel.ownerEpoch(),
              isKept ? highestIdle : lower(channel.eventTimeWatermark(), eventTimeWatermark, bits),
              lower(channel.processingTimeWatermark(), processingTimeWatermark, bits)));
    }
    return with(coarse);
  }

  private static long lower(long watermark, long combined, int bits) {
    if (watermark == Watermarks.END_OF_TIME || watermark == Watermarks.UNKNOWN) {
      return watermark;
    }
    if (watermark < combined) {
      return Watermarks.UNKNOWN;
    }
    long base = combined == Watermarks.UNKNOWN ? Watermarks.UNKNOWN + 1 : combined;
    return base + (watermark - base >>> bits << bits);
  }

  /**
   * {@return this without its channels, which then hold the combined watermarks until their next
   * updates}
   */
  ChannelVector withoutChannels() {
    return with(List.of());
  }
}
