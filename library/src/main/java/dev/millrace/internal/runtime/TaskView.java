package dev.millrace.internal.runtime;

import dev.millrace.internal.time.ChannelStatus;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A task as other threads see it.
 *
 * @param task its number
 * @param positions the next offset of each input
 * @param eventTime its output watermark, milliseconds since the epoch; {@link Long#MIN_VALUE} if
 *     unknown
 * @param status active, idle, finished, or still reading what stood in the topics of tables
 * @param awaitsTables whether its records wait for tables that they are looked up in
 * @param txnSeq the number of its last transaction
 * @param lags of each input, how many records it is away from its end, as far as the consumer knows
 * @param source its source's partition; empty if it reads shuffles
 */
public record TaskView(
    int task,
    List<Long> positions,
    long eventTime,
    ChannelStatus status,
    boolean awaitsTables,
    long txnSeq,
    List<OptionalLong> lags,
    Optional<SourceView> source) {}
