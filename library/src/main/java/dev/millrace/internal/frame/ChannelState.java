package dev.millrace.internal.frame;

import dev.millrace.internal.time.ChannelStatus;

/**
 * The state that a task has last received of one of its channels.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param ownerEpoch -1 if the channel has sent no update
 * @param eventTimeWatermark {@link Long#MIN_VALUE} if unknown
 * @param processingTimeWatermark {@link Long#MIN_VALUE} if unknown
 */
public record ChannelState(
    ChannelStatus status, long ownerEpoch, long eventTimeWatermark, long processingTimeWatermark) {}
