package dev.millrace.internal.frame;

import dev.millrace.internal.time.WatermarkCombiner;
import java.util.ArrayList;
import java.util.List;

/**
 * The channels of one input of a task, and what they came to when combined.
 *
 * <p>The combined watermarks do not follow from the channels (a resumed channel may be behind them)
 * nor from the task's output (operators may hold that back), so they are kept.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param eventTimeWatermark {@link Long#MIN_VALUE} if unknown
 * @param processingTimeWatermark {@link Long#MIN_VALUE} if unknown
 * @param channels by upstream partition; empty where the vector was left out for its size
 */
public record ChannelVector(
    int inputIndex,
    long eventTimeWatermark,
    long processingTimeWatermark,
    List<ChannelState> channels) {

  /** Keeps an immutable copy. */
  public ChannelVector {
    channels = List.copyOf(channels);
  }

  /** {@return the present state of an input's two combiners, which have the same channels} */
  public static ChannelVector of(
      int inputIndex, WatermarkCombiner eventTime, WatermarkCombiner processingTime) {
    List<WatermarkCombiner.Channel> event = eventTime.snapshot().channels();
    List<WatermarkCombiner.Channel> processing = processingTime.snapshot().channels();
    List<ChannelState> channels = new ArrayList<>(event.size());
    for (int i = 0; i < event.size(); i++) {
      channels.add(
          new ChannelState(
              event.get(i).status(),
              event.get(i).ownerEpoch(),
              event.get(i).watermark(),
              processing.get(i).watermark()));
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
   * {@return this without its channels, which then hold the combined watermarks until they speak}
   */
  public ChannelVector withoutChannels() {
    return new ChannelVector(inputIndex, eventTimeWatermark, processingTimeWatermark, List.of());
  }
}
