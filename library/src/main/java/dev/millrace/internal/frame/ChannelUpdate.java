package dev.millrace.internal.frame;

import dev.millrace.internal.time.ChannelStatus;
import dev.millrace.internal.time.Watermarks;

/**
 * The state that an upstream partition reports, which takes effect after the entries of the frame.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param channel the upstream partition
 * @param ownerEpoch of the upstream task; a receiver ignores updates of former owners, and of those
 *     of earlier runs
 * @param eventTimeWatermark {@link Long#MIN_VALUE} if unknown
 * @param processingTimeWatermark {@link Long#MIN_VALUE} if unknown
 */
public record ChannelUpdate(
    int channel,
    ChannelStatus status,
    long ownerEpoch,
    long eventTimeWatermark,
    long processingTimeWatermark) {

  /** {@return the same of another event time, and of no processing time} */
  public ChannelUpdate ofEventTime(long watermark) {
    return new ChannelUpdate(channel, status, ownerEpoch, watermark, Watermarks.UNKNOWN);
  }
}
