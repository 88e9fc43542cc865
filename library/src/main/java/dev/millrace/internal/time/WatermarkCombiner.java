package dev.millrace.internal.time;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Combines the watermarks of a fixed set of channels into the one of the task.
 *
 * <p>A channel is an upstream partition. An operator with several inputs takes a combiner for each
 * of them and one more, whose channels are the inputs.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
public final class WatermarkCombiner {

  // While any channel is ACTIVE, the output is the minimum over the ACTIVE channels that are not
  // behind it. One that is behind has resumed after the output moved on without it: it is ignored
  // until it has caught up. With no channel ACTIVE the output advances to the maximum over the IDLE
  // ones; with all of them FINISHED it is the end of time.
  //
  // I1  The output never goes back, nor does the watermark of a channel.
  // I2  A channel takes part if it is ACTIVE and its watermark is not below the output. That is
  //     all there is to alignment: the output only moves to the minimum of those that take part, so
  //     none of them ever drops out by it.
  // I3  If any channel takes part, one of them stands at the output. `holders` counts these; as
  //     long as one is left the output cannot move, so channels are scanned only when the last
  //     holder goes.
  // I4  FINISHED is for good, whoever says otherwise later.

  /** The owner epoch of a channel that has not spoken; real ones are not negative. */
  public static final long NO_OWNER = -1;

  // A channel that is itself a task behind a shuffle is different: when time moves, it has results
  // to send, and it may be far behind the other tasks of its stage. All of these hear the same and
  // come to the same time, so the minimum over all of them is waited for, IDLE ones included; IDLE
  // says only that time stands still. (Left out, an IDLE one would find its results late.)

  private enum Domain {
    EVENT_TIME,
    DERIVED_EVENT_TIME,
    PROCESSING_TIME
  }

  private final Domain domain;
  private final ChannelStatus[] statuses;
  private final long[] ownerEpochs;
  private final long[] watermarks;

  private int active;
  private int idle;
  private int holders;
  private long output;

  private WatermarkCombiner(Domain domain, int channels) {
    if (channels <= 0) {
      throw new IllegalArgumentException(
          "Cannot combine watermarks: at least one channel is needed (" + channels + ")");
    }
    this.domain = domain;
    statuses = new ChannelStatus[channels];
    ownerEpochs = new long[channels];
    watermarks = new long[channels];
    forget(Watermarks.UNKNOWN);
  }

  /** {@return a combiner of event-time watermarks: idle channels are left out} */
  public static WatermarkCombiner ofEventTime(int channels) {
    return new WatermarkCombiner(Domain.EVENT_TIME, channels);
  }

  /**
   * {@return a combiner of event-time watermarks of tasks that are behind a shuffle themselves: an
   * idle one is waited for, and all are idle together}
   */
  public static WatermarkCombiner ofDerivedEventTime(int channels) {
    return new WatermarkCombiner(Domain.DERIVED_EVENT_TIME, channels);
  }

  /**
   * {@return a combiner of processing-time watermarks: idleness does not apply, a channel that says
   * IDLE counts as ACTIVE}
   */
  public static WatermarkCombiner ofProcessingTime(int channels) {
    return new WatermarkCombiner(Domain.PROCESSING_TIME, channels);
  }

  /**
   * Takes what a channel says and returns whether the combined watermark or status changed by it.
   *
   * @param ownerEpoch of the upstream task; lower than one heard before means a former owner, which
   *     is ignored
   * @param watermark {@link Watermarks#UNKNOWN} to leave the channel's watermark as it is
   */
  public boolean update(int channel, ChannelStatus status, long ownerEpoch, long watermark) {
    if (ownerEpoch < ownerEpochs[channel]) {
      return false;
    }
    ownerEpochs[channel] = ownerEpoch;
    ChannelStatus oldStatus = statuses[channel];
    ChannelStatus newStatus = oldStatus == ChannelStatus.FINISHED ? oldStatus : effective(status);
    long newWatermark = Math.max(watermarks[channel], watermark);
    if (newStatus == oldStatus && newWatermark == watermarks[channel]) {
      return false;
    }
    ChannelStatus statusBefore = status();
    long outputBefore = output;
    uncount(channel);
    statuses[channel] = newStatus;
    watermarks[channel] = newWatermark;
    count(channel);
    settle();
    return output != outputBefore || status() != statusBefore;
  }

  /** {@return the combined watermark} */
  public long watermark() {
    return output;
  }

  /** {@return ACTIVE if any channel is, else IDLE if any is, else FINISHED} */
  public ChannelStatus status() {
    if (active > 0) {
      return ChannelStatus.ACTIVE;
    }
    return idle > 0 ? ChannelStatus.IDLE : ChannelStatus.FINISHED;
  }

  /** {@return the number of channels} */
  public int channels() {
    return statuses.length;
  }

  /** {@return all there is to restore from} */
  public Snapshot snapshot() {
    List<Channel> channels = new ArrayList<>(statuses.length);
    for (int i = 0; i < statuses.length; i++) {
      channels.add(new Channel(statuses[i], ownerEpochs[i], watermarks[i]));
    }
    return new Snapshot(output, channels);
  }

  /**
   * Takes over a snapshot in place of everything heard so far.
   *
   * <p>Channels which the snapshot does not have (partitions were added, or the vector was too
   * large to keep) start ACTIVE at the snapshot's watermark, so that they hold it until they speak.
   *
   * @throws IllegalArgumentException if the snapshot has more channels than there are
   */
  public void restore(Snapshot snapshot) {
    List<Channel> restored = snapshot.channels();
    if (restored.size() > statuses.length) {
      throw new IllegalArgumentException(
          "Cannot restore watermarks: the snapshot has more channels than the edge ("
              + restored.size()
              + " > "
              + statuses.length
              + ")");
    }
    forget(snapshot.watermark());
    for (int i = 0; i < restored.size(); i++) {
      Channel channel = restored.get(i);
      uncount(i);
      statuses[i] = effective(channel.status());
      ownerEpochs[i] = channel.ownerEpoch();
      watermarks[i] = channel.watermark();
      count(i);
    }
    settle();
  }

  @Override
  public String toString() {
    return "WatermarkCombiner["
        + domain
        + ", "
        + status()
        + ", "
        + Watermarks.describe(output)
        + ", channels="
        + statuses.length
        + "]";
  }

  private ChannelStatus effective(ChannelStatus status) {
    return domain == Domain.PROCESSING_TIME && status == ChannelStatus.IDLE
        ? ChannelStatus.ACTIVE
        : status;
  }

  private void forget(long watermark) {
    Arrays.fill(statuses, ChannelStatus.ACTIVE);
    Arrays.fill(ownerEpochs, NO_OWNER);
    Arrays.fill(watermarks, watermark);
    active = statuses.length;
    idle = 0;
    holders = active;
    output = watermark;
  }

  private void uncount(int channel) {
    switch (statuses[channel]) {
      case ACTIVE -> {
        active--;
        if (watermarks[channel] == output) {
          holders--;
        }
      }
      case IDLE -> {
        idle--;
        if (isWaitedFor(channel) && watermarks[channel] == output) {
          holders--;
        }
      }
      case FINISHED -> {}
    }
  }

  private void count(int channel) {
    switch (statuses[channel]) {
      case ACTIVE -> {
        active++;
        if (watermarks[channel] == output) {
          holders++;
        }
      }
      case IDLE -> {
        idle++;
        if (isWaitedFor(channel) && watermarks[channel] == output) {
          holders++;
        }
      }
      case FINISHED -> {}
    }
  }

  private boolean isWaitedFor(int channel) {
    return statuses[channel] == ChannelStatus.ACTIVE
        || (domain == Domain.DERIVED_EVENT_TIME && statuses[channel] == ChannelStatus.IDLE);
  }

  private void settle() {
    if (active > 0 || (domain == Domain.DERIVED_EVENT_TIME && idle > 0)) {
      if (holders == 0) {
        advanceToMinimum();
      }
    } else if (idle > 0) {
      for (int i = 0; i < statuses.length; i++) {
        if (statuses[i] == ChannelStatus.IDLE) {
          output = Math.max(output, watermarks[i]);
        }
      }
    } else {
      output = Watermarks.END_OF_TIME;
    }
  }

  private void advanceToMinimum() {
    long minimum = Long.MAX_VALUE;
    int found = 0;
    for (int i = 0; i < statuses.length; i++) {
      long watermark = watermarks[i];
      if (!isWaitedFor(i) || watermark < output) {
        continue;
      }
      if (found == 0 || watermark < minimum) {
        minimum = watermark;
        found = 1;
      } else if (watermark == minimum) {
        found++;
      }
    }
    if (found > 0) {
      output = minimum;
      holders = found;
    }
  }

  /**
   * What is known of one channel.
   *
   * @param ownerEpoch the highest heard; {@link #NO_OWNER} before the first
   */
  public record Channel(ChannelStatus status, long ownerEpoch, long watermark) {}

  /**
   * The combined watermark and the vector behind it.
   *
   * <p>The watermark does not follow from the vector: a resumed channel may be behind it.
   */
  public record Snapshot(long watermark, List<Channel> channels) {

    /** Keeps an immutable copy of the vector. */
    public Snapshot {
      channels = List.copyOf(channels);
    }
  }
}
