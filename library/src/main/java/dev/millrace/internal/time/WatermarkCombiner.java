package dev.millrace.internal.time;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The combination of the watermarks of a fixed set of channels into the one of the task.
 *
 * <p>A channel is an upstream partition. A task with several inputs combines the channels of all of
 * them: one input that is idle as a whole must not hold the others back, nor count as idle for
 * longer because of how its channels are grouped. What one input has come to is {@link
 * #watermark(int, int)}.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
public final class WatermarkCombiner {

  // A channel is waited for while it is ACTIVE, and while it is IDLE for its grace. While any
  // channel is waited for, the output is the minimum over those of them that are not below it. One
  // that is below has resumed after the output moved on without it: it is ignored until it has
  // caught up. With no channel waited for, the output advances to the maximum over the IDLE ones;
  // with all of them FINISHED it is the end of time.
  //
  // I1  The output never goes back, nor does the watermark of a channel. I2  A channel takes part
  // if it is waited for and its watermark is not below the output. That is all there is to
  // alignment: the output only moves to the minimum of those that take part, so none of them ever
  // drops out by it. I3  If any channel takes part, one of them stands at the output. `holders`
  // counts these; as long as one is left the output cannot move, so channels are scanned only when
  // the last holder goes. I4  FINISHED is for good, whatever is reported later. I5  A pause of all
  // makes nobody idle. The grace of an IDLE channel begins again when the first channel goes on
  // after all were IDLE, or after none has gone on for as long as the grace (a channel whose owner
  // has changed is ACTIVE and may be as silent as the rest). From then on the IDLE ones stand at
  // least at the output, so that each that resumes takes part at once.
  //
  // A bystander is a channel of an input whose times do not matter to the task, as with a table
  // that is looked up as it is now. It is known like the others, but neither waited for nor
  // counted.
  //
  // A channel that is itself a task after a shuffle is different: when time moves, it has results
  // to send, and it may lag the other tasks of its stage by far. All of them receive the same
  // watermarks and reach the same time, so the minimum over all of them is waited for, IDLE ones
  // included; IDLE means only that time stands still. (Left out, an IDLE one would find its results
  // late.)
  //
  // The counts make this one class of some length: code that touches a channel's status, watermark
  // or grace does so between uncount() and count(), so that nothing is scanned per report.

  /** The owner epoch of a channel that has not reported yet; real ones are not negative. */
  public static final long NO_OWNER = -1;

  private enum Domain {
    EVENT_TIME,
    DERIVED_EVENT_TIME,
    PROCESSING_TIME
  }

  private final Domain domain;
  private final long[] graceNanos;
  private final ChannelStatus[] statuses;
  private final long[] ownerEpochs;
  private final long[] watermarks;

  /** When the grace of an IDLE channel began that is still waited for. */
  private final long[] idleSinceNanos;

  private final boolean[] leftOut;
  private final boolean[] bystanders;

  private int active;
  private int idle;
  private int inGrace;
  private int holders;
  private long output;
  private boolean takenUp;

  /** When an ACTIVE channel's watermark last rose, if any did. */
  private long wentOnNanos;

  private boolean wentOn;

  private WatermarkCombiner(Domain domain, long[] graceNanos, boolean[] bystanders) {
    int channels = graceNanos.length;
    if (channels == count(bystanders)) {
      throw new IllegalArgumentException(
          "Cannot combine watermarks: at least one channel is needed that takes part (0 of "
              + channels
              + ")");
    }
    this.domain = domain;
    this.graceNanos = graceNanos;
    this.bystanders = bystanders;
    statuses = new ChannelStatus[channels];
    ownerEpochs = new long[channels];
    watermarks = new long[channels];
    idleSinceNanos = new long[channels];
    leftOut = new boolean[channels];
    forget(Watermarks.UNKNOWN);
  }

  /** {@return a combiner of event-time watermarks: idle channels are left out at once} */
  public static WatermarkCombiner ofEventTime(int channels) {
    return ofEventTime(new long[channels]);
  }

  /**
   * {@return a combiner of event-time watermarks: idle channels are left out after a while}
   *
   * @param graceNanos by channel, how long others have to go on without it before an idle one is
   *     left out
   */
  public static WatermarkCombiner ofEventTime(long[] graceNanos) {
    return new WatermarkCombiner(
        Domain.EVENT_TIME, graceNanos.clone(), new boolean[graceNanos.length]);
  }

  /**
   * {@return a combiner of event-time watermarks of tasks that follow a shuffle themselves: an idle
   * one is waited for, and all are idle together}
   */
  public static WatermarkCombiner ofDerivedEventTime(int channels) {
    return new WatermarkCombiner(
        Domain.DERIVED_EVENT_TIME, new long[channels], new boolean[channels]);
  }

  /**
   * {@return a combiner of processing-time watermarks: idleness does not apply, a channel that
   * reports IDLE counts as ACTIVE}
   */
  public static WatermarkCombiner ofProcessingTime(int channels) {
    return new WatermarkCombiner(Domain.PROCESSING_TIME, new long[channels], new boolean[channels]);
  }

  /**
   * {@return the same before any report, with some channels that take no part in the combination}
   *
   * @param leaveOut by channel, whether it takes no part; not all of them
   */
  public WatermarkCombiner without(boolean[] leaveOut) {
    return new WatermarkCombiner(domain, graceNanos, leaveOut.clone());
  }

  private static int count(boolean[] set) {
    int count = 0;
    for (boolean one : set) {
      count += one ? 1 : 0;
    }
    return count;
  }

  /**
   * Takes what a channel reports and returns whether the combined watermark or status changed by
   * it.
   *
   * @param ownerEpoch the epoch of the upstream task; one lower than before is from a former owner
   *     and is ignored
   * @param watermark {@link Watermarks#UNKNOWN} to leave the channel's watermark as it is
   * @param nowNanos a monotonic reading
   */
  public boolean update(
      int channel, ChannelStatus status, long ownerEpoch, long watermark, long nowNanos) {
    if (takenUp && !bystanders[channel]) {
      begin(nowNanos);
    }
    if (ownerEpoch < ownerEpochs[channel]) {
      return false;
    }
    ownerEpochs[channel] = ownerEpoch;
    ChannelStatus oldStatus = statuses[channel];
    ChannelStatus newStatus = following(oldStatus, effective(status));
    long newWatermark = Math.max(watermarks[channel], watermark);
    if (newStatus == oldStatus && newWatermark == watermarks[channel]) {
      return false;
    }
    ChannelStatus statusBefore = status();
    long outputBefore = output;
    if (domain == Domain.EVENT_TIME && newStatus.isActive() && !bystanders[channel]) {
      resume(newWatermark > watermarks[channel], nowNanos);
      newWatermark = Math.max(newWatermark, watermarks[channel]);
    }
    uncount(channel);
    if (newStatus != oldStatus) {
      idleSinceNanos[channel] = nowNanos;
      leftOut[channel] = isLeftOutAtOnce(channel);
    }
    statuses[channel] = newStatus;
    watermarks[channel] = newWatermark;
    count(channel);
    settle();
    return output != outputBefore || status() != statusBefore;
  }

  /**
   * Has channels begin as LOADING: what stood in the topics of their tables is waited for. Of the
   * other channels a status of LOADING is taken for ACTIVE.
   */
  public void beginLoading(int first, int count) {
    Arrays.fill(statuses, first, first + count, ChannelStatus.LOADING);
  }

  /** {@return whether one of some neighbouring channels is LOADING} */
  public boolean isLoading(int first, int count) {
    for (int i = first; i < first + count; i++) {
      if (statuses[i] == ChannelStatus.LOADING) {
        return true;
      }
    }
    return false;
  }

  /** Ignores what owners of lower epochs report, also where no owner has reported yet. */
  public void ignoreOwnersBefore(long epoch) {
    for (int i = 0; i < ownerEpochs.length; i++) {
      ownerEpochs[i] = Math.max(ownerEpochs[i], epoch);
    }
  }

  /**
   * Leaves out channels whose grace is over, and returns whether the combined watermark or status
   * changed by it.
   *
   * @param nowNanos a monotonic reading
   */
  public boolean check(long nowNanos) {
    if (inGrace == 0) {
      return false;
    }
    if (takenUp) {
      begin(nowNanos);
    }
    ChannelStatus statusBefore = status();
    long outputBefore = output;
    for (int i = 0; i < statuses.length; i++) {
      if (isInGrace(i) && nowNanos - idleSinceNanos[i] >= graceNanos[i]) {
        uncount(i);
        leftOut[i] = true;
        count(i);
      }
    }
    settle();
    return output != outputBefore || status() != statusBefore;
  }

  /**
   * {@return whether a channel's grace is over, so that {@link #check} would leave it out}
   *
   * @param nowNanos a monotonic reading
   */
  public boolean isGraceOver(long nowNanos) {
    if (inGrace == 0) {
      return false;
    }
    if (takenUp) {
      begin(nowNanos);
    }
    for (int i = 0; i < statuses.length; i++) {
      if (isInGrace(i) && nowNanos - idleSinceNanos[i] >= graceNanos[i]) {
        return true;
      }
    }
    return false;
  }

  /**
   * Goes on, after {@link #restore}, with what a combiner of the same channels knew of their pauses
   * up to now.
   *
   * @param nowNanos a monotonic reading
   */
  public void goOnAfter(WatermarkCombiner before, long nowNanos) {
    if (before.takenUp || before.statuses.length != statuses.length) {
      return;
    }
    begin(nowNanos);
    for (int i = 0; i < statuses.length; i++) {
      if (statuses[i] == ChannelStatus.IDLE && before.statuses[i] == ChannelStatus.IDLE) {
        idleSinceNanos[i] = before.idleSinceNanos[i];
      }
    }
    wentOn = before.wentOn;
    wentOnNanos = before.wentOnNanos;
  }

  private void resume(boolean goesOn, long nowNanos) {
    if (idle > 0 && (active == 0 || goesOn)) {
      for (int i = 0; i < statuses.length; i++) {
        if (statuses[i] == ChannelStatus.IDLE
            && !bystanders[i]
            && (active == 0 || isAfterAPause(i, nowNanos))) {
          waitFor(i, nowNanos);
        }
      }
    }
    if (goesOn) {
      wentOn = true;
      wentOnNanos = nowNanos;
    }
  }

  private boolean isAfterAPause(int channel, long nowNanos) {
    return graceNanos[channel] > 0 && (!wentOn || nowNanos - wentOnNanos >= graceNanos[channel]);
  }

  private void waitFor(int channel, long nowNanos) {
    uncount(channel);
    watermarks[channel] = Math.max(watermarks[channel], output);
    idleSinceNanos[channel] = nowNanos;
    leftOut[channel] = isLeftOutAtOnce(channel);
    count(channel);
  }

  /**
   * Begins all graces anew: how far others went on without an idle channel is not known after a
   * restart.
   */
  private void begin(long nowNanos) {
    takenUp = false;
    Arrays.fill(idleSinceNanos, nowNanos);
  }

  private boolean isLeftOutAtOnce(int channel) {
    return domain == Domain.EVENT_TIME && graceNanos[channel] == 0;
  }

  private boolean isInGrace(int channel) {
    return domain == Domain.EVENT_TIME
        && statuses[channel] == ChannelStatus.IDLE
        && !leftOut[channel]
        && !bystanders[channel];
  }

  /** {@return the combined watermark} */
  public long watermark() {
    return output;
  }

  /**
   * {@return the minimum over those of some neighbouring channels that take part (I2): the combined
   * watermark if none of them does, and the end of time if all of them have finished}
   *
   * <p>It is at least the combined watermark. It may go back when one of them takes part again.
   */
  public long watermark(int first, int count) {
    long minimum = Watermarks.END_OF_TIME;
    boolean found = false;
    boolean finished = true;
    for (int i = first; i < first + count; i++) {
      finished &= statuses[i] == ChannelStatus.FINISHED;
      if (isWaitedFor(i) && watermarks[i] >= output) {
        minimum = Math.min(minimum, watermarks[i]);
        found = true;
      }
    }
    return found || finished ? minimum : output;
  }

  /** {@return ACTIVE if any channel is or may soon be, else IDLE if any is, else FINISHED} */
  public ChannelStatus status() {
    if (active > 0 || inGrace > 0) {
      return ChannelStatus.ACTIVE;
    }
    return idle > 0 ? ChannelStatus.IDLE : ChannelStatus.FINISHED;
  }

  /** {@return the number of channels} */
  public int channels() {
    return statuses.length;
  }

  /** {@return the status of a channel} */
  public ChannelStatus statusOf(int channel) {
    return statuses[channel];
  }

  /** {@return the epoch of a channel's last owner that has reported, or {@link #NO_OWNER}} */
  public long ownerEpochOf(int channel) {
    return ownerEpochs[channel];
  }

  /** {@return the watermark of a channel by itself} */
  public long watermarkOf(int channel) {
    return watermarks[channel];
  }

  /** {@return the state to restore from} */
  public Snapshot snapshot() {
    List<Channel> channels = new ArrayList<>(statuses.length);
    for (int i = 0; i < statuses.length; i++) {
      channels.add(new Channel(statuses[i], ownerEpochs[i], watermarks[i]));
    }
    return new Snapshot(output, channels);
  }

  /**
   * Takes over a snapshot in place of all reports so far.
   *
   * <p>Channels which the snapshot does not have (partitions were added, or the vector was too
   * large to keep) start ACTIVE at the snapshot's watermark, so that they hold it until they
   * report.
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
      leftOut[i] = isLeftOutAtOnce(i);
      if (isInGrace(i)) {
        watermarks[i] = Math.max(watermarks[i], output);
      }
      count(i);
    }
    takenUp = true;
    wentOn = false;
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

  /** The status of a channel never goes back to LOADING, and never away from FINISHED. */
  private static ChannelStatus following(ChannelStatus before, ChannelStatus reported) {
    if (before == ChannelStatus.FINISHED) {
      return before;
    }
    return reported == ChannelStatus.LOADING && before != ChannelStatus.LOADING
        ? ChannelStatus.ACTIVE
        : reported;
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
    Arrays.fill(leftOut, false);
    inGrace = 0;
    active = statuses.length - count(bystanders);
    idle = 0;
    holders = active;
    output = watermark;
  }

  private void uncount(int channel) {
    if (bystanders[channel]) {
      return;
    }
    switch (statuses[channel]) {
      case ACTIVE, LOADING -> {
        active--;
        if (watermarks[channel] == output) {
          holders--;
        }
      }
      case IDLE -> {
        idle--;
        if (isInGrace(channel)) {
          inGrace--;
        }
        if (isWaitedFor(channel) && watermarks[channel] == output) {
          holders--;
        }
      }
      case FINISHED -> {}
    }
  }

  private void count(int channel) {
    if (bystanders[channel]) {
      return;
    }
    switch (statuses[channel]) {
      case ACTIVE, LOADING -> {
        active++;
        if (watermarks[channel] == output) {
          holders++;
        }
      }
      case IDLE -> {
        idle++;
        if (isInGrace(channel)) {
          inGrace++;
        }
        if (isWaitedFor(channel) && watermarks[channel] == output) {
          holders++;
        }
      }
      case FINISHED -> {}
    }
  }

  private boolean isWaitedFor(int channel) {
    if (bystanders[channel]) {
      return false;
    }
    return statuses[channel].isActive()
        || isInGrace(channel)
        || (domain == Domain.DERIVED_EVENT_TIME && statuses[channel] == ChannelStatus.IDLE);
  }

  private void settle() {
    if (active > 0 || inGrace > 0 || (domain == Domain.DERIVED_EVENT_TIME && idle > 0)) {
      if (holders == 0) {
        advanceToMinimum();
      }
    } else if (idle > 0) {
      for (int i = 0; i < statuses.length; i++) {
        if (statuses[i] == ChannelStatus.IDLE && !bystanders[i]) {
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
   * The last known state of one channel.
   *
   * @param ownerEpoch the highest reported; {@link #NO_OWNER} before the first
   */
  public record Channel(ChannelStatus status, long ownerEpoch, long watermark) {}

  /**
   * The combined watermark and the vector that it was made of.
   *
   * <p>The watermark does not follow from the vector: a resumed channel may be below it.
   */
  public record Snapshot(long watermark, List<Channel> channels) {

    /** Keeps an immutable copy of the vector. */
    public Snapshot {
      channels = List.copyOf(channels);
    }
  }
}
