package dev.millrace.internal.frame;

import dev.millrace.internal.time.ChannelStatus;

/**
 * What a task has last heard of one of its channels.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param ownerEpoch -1 if the channel has not spoken
 * @param eventTimeWatermark {@link Long#MIN_VALUE} if unknown
 * @param processingTimeWatermark {@link Long#MIN_VALUE} if unknown
 */
public record ChannelState(
    ChannelStatus status, long ownerEpoch, long eventTimeWatermark, long processingTimeWatermark) {}
