package dev.millrace.internal.shuffle;

import dev.millrace.internal.frame.ChannelUpdate;
import dev.millrace.internal.time.Watermarks;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The event times that the writers of a shuffle have reached in the midst of a transaction, as far
 * as the readers may go by them already, and what of it each partition has been sent.
 *
 * <p>They change where all channels have passed a time at which something happens in a later stage:
 * a multiple of the granularity. A channel begins where the last transaction has ended, and does
 * not go back behind that.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class ReachedTimes {

  /** As granularity: event time does not matter. */
  private static final long NEVER = Long.MAX_VALUE;

  private final long granularityMs;

  /** By channel, the event time that the last transaction has ended with; empty after an abort. */
  private final Map<Integer, Long> endedWithMs = new HashMap<>();

  /** The last multiple of the granularity of which it was noted that all channels had passed it. */
  private long passedMs = Watermarks.UNKNOWN;

  private List<ChannelUpdate> updates = List.of();

  /** How often they have changed, now and when they were last sent to each partition. */
  private int changes;

  private final int[] changesSent;

  /**
   * Creates the times of a shuffle.
   *
   * @param granularityMs {@link Long#MAX_VALUE} if event time does not matter to its readers
   */
  ReachedTimes(long granularityMs, int partitions) {
    this.granularityMs = granularityMs;
    this.changesSent = new int[partitions];
  }

  /**
   * Notes what the tasks have come to; returns whether there is something new to send.
   *
   * @param limitMs a time before which there is nothing that is still to be sent
   */
  boolean reach(List<ChannelUpdate> reached, long limitMs) {
    if (granularityMs == NEVER || reached.isEmpty()) {
      return false;
    }
    long lowestMs = Watermarks.END_OF_TIME;
    for (ChannelUpdate update : reached) {
      lowestMs = Math.min(lowestMs, time(update, limitMs));
    }
    long passing = Watermarks.floor(lowestMs, granularityMs);
    if (passing <= passedMs) {
      return false;
    }
    passedMs = passing;
    updates = reached.stream().map(update -> update.ofEventTime(time(update, limitMs))).toList();
    changes++;
    return true;
  }

  private long time(ChannelUpdate update, long limitMs) {
    long endedWith = endedWithMs.getOrDefault(update.channel(), Watermarks.UNKNOWN);
    return endedWith == Watermarks.UNKNOWN
        ? Watermarks.UNKNOWN
        : Math.max(endedWith, Math.min(update.eventTimeWatermark(), limitMs));
  }

  /** {@return what a partition was not sent yet; it is noted as sent} */
  List<ChannelUpdate> toSend(int partition) {
    if (changesSent[partition] == changes) {
      return List.of();
    }
    changesSent[partition] = changes;
    return updates;
  }

  /** Notes with what a transaction ends, which is more than it had reached before. */
  void endWith(List<ChannelUpdate> ends) {
    updates = List.of();
    long lowestMs = Watermarks.END_OF_TIME;
    for (ChannelUpdate end : ends) {
      endedWithMs.put(end.channel(), end.eventTimeWatermark());
      lowestMs = Math.min(lowestMs, end.eventTimeWatermark());
    }
    if (lowestMs != Watermarks.END_OF_TIME) {
      passedMs = Math.max(passedMs, Watermarks.floor(lowestMs, granularityMs));
    }
  }

  /** Forgets all times: the tasks start afresh. */
  void forget() {
    updates = List.of();
    endedWithMs.clear();
    passedMs = Watermarks.UNKNOWN;
  }
}
