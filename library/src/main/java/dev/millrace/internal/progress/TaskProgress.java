package dev.millrace.internal.progress;

import dev.millrace.internal.frame.ChannelState;
import dev.millrace.internal.frame.ChannelUpdate;
import dev.millrace.internal.frame.ChannelVector;
import dev.millrace.internal.frame.FrameReader;
import dev.millrace.internal.plan.StandingRows;
import dev.millrace.internal.plan.StepOrder;
import dev.millrace.internal.stage.Rhythm;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.stage.StageShare;
import dev.millrace.internal.time.ChannelStatus;
import dev.millrace.internal.time.SourceProgress;
import dev.millrace.internal.time.WatermarkCombiner;
import dev.millrace.internal.time.Watermarks;
import dev.millrace.internal.util.Saturating;
import dev.millrace.time.TimeDomain;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The progress of a task in time: its input watermarks, the watermarks it sends downstream, and
 * whether it has finished.
 *
 * <p>A source task makes its event-time watermark itself; a task that reads shuffles combines those
 * of its channels, with the channels of all inputs numbered through. Processing time is this
 * worker's clock, and never goes back, even over restarts.
 *
 * <p>Time goes through it in one direction. What is read moves the time of the inputs ({@link
 * #observe}, {@link #update(int, FrameReader, long)}, {@link #check}). When all that is due by it
 * has fired, {@link #fired} makes it the time of the task, which {@link #advance} hands to the
 * throttles of the outputs and {@link #update()} has for those downstream. It is one class since
 * one commit frame has all of it, and {@link #restore} takes all of it back.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class TaskProgress {

  private final int task;
  private final @Nullable SourceTime source;
  private final StageSetup setup;
  private final StageShare share;
  private @Nullable WatermarkCombiner eventTime;
  private @Nullable WatermarkCombiner processingTime;
  private final SentTimes sentTimes;
  private final ChannelCombiners combiners;

  /** How many channels each input has. */
  private final int[] inputChannels;

  private final InputTimes eventTimes;
  private final InputTimes processingTimes;
  private final LevelTimes levels;
  private final Loading loading;
  private final StandingRows standingRows;
  private final TableWait tableWait;

  /** Whether an operator may ask for the time of one input, which must not go back then. */
  private final boolean keepsInputTimes;

  private final long holdsBackMs;

  private long ownerEpoch;
  private long firedEventTime = Watermarks.UNKNOWN;
  private long stampMs = Watermarks.UNKNOWN;
  private ChannelStatus status;

  /** Whether event time stands still until the job has agreed on new partitions of the source. */
  private boolean held;

  /** Creates the progress of a task that has read nothing. */
  public TaskProgress(StageSetup setup, int task, StageShare share, Rhythm rhythm) {
    this.setup = setup;
    this.share = share;
    this.task = task;
    this.keepsInputTimes = setup.stage().joinsInputs();
    this.holdsBackMs = setup.stage().holdsBackMs();
    this.combiners = new ChannelCombiners(setup);
    this.inputChannels = setup.inputs().stream().mapToInt(StageSetup.Input::channels).toArray();
    this.eventTimes = new InputTimes(inputChannels.length);
    this.processingTimes = new InputTimes(inputChannels.length);
    this.levels = new LevelTimes(StepOrder.of(setup.stage().steps()).levels());
    this.standingRows = StandingRows.of(setup.plan());
    this.loading =
        standingRows.areLoadedBy(setup.stage()) ? Loading.through(levels.count()) : Loading.none();
    this.status = loading.status(ChannelStatus.ACTIVE);
    this.tableWait = new TableWait(setup, task, standingRows);
    this.source = setup.channels() > 0 ? null : SourceTime.of(setup.inputs().get(0).input());
    makeCombiners();
    this.sentTimes = new SentTimes(setup, share, rhythm);
  }

  private void makeCombiners() {
    if (firstChannel(inputChannels.length) > 0) {
      eventTime = combiners.eventTime(inputChannels);
      processingTime = combiners.processingTime(inputChannels);
      beginLoading(eventTime);
      ignoreEarlierRuns();
    }
  }

  private void beginLoading(WatermarkCombiner channels) {
    for (int i = 0; i < inputChannels.length; i++) {
      if (!loading.isOver()
          || standingRows.areAwaited(setup.stage(), setup.inputs().get(i).input())) {
        channels.beginLoading(firstChannel(i), inputChannels[i]);
      }
    }
  }

  /** Frames of earlier runs may be left in the shuffles: all of them report the end of time. */
  private void ignoreEarlierRuns() {
    if (setup.runNumber() > 0 && eventTime != null && processingTime != null) {
      eventTime.ignoreOwnersBefore(OwnerEpochs.firstOf(setup.runNumber()));
      processingTime.ignoreOwnersBefore(OwnerEpochs.firstOf(setup.runNumber()));
    }
  }

  /** {@return the number of an input's first channel among those of all inputs} */
  public int firstChannel(int input) {
    return ChannelCombiners.first(inputChannels, input);
  }

  /**
   * Sets how many channels an input has. They become more if a source topic grows while the job
   * runs: time must not advance without the new partitions.
   */
  public void widen(int input, int channels) {
    if (channels > inputChannels[input]) {
      List<ChannelVector> known = vectors();
      inputChannels[input] = channels;
      makeCombiners();
      restoreChannels(known);
    }
  }

  /** Restores the progress of the last commit. */
  public void restore(
      ChannelStatus lastStatus,
      long lastEventTime,
      long lastProcessingTime,
      List<ChannelVector> vectors) {
    loading.restore(lastStatus);
    status =
        loading.status(lastStatus == ChannelStatus.LOADING ? ChannelStatus.ACTIVE : lastStatus);
    firedEventTime = lastEventTime;
    stampMs = lastProcessingTime;
    if (source != null) {
      source.restore(lastStatus, lastEventTime);
    }
    if (eventTime != null && !vectors.isEmpty()) {
      for (ChannelVector vector : vectors) {
        int input = vector.inputIndex();
        if (input >= inputChannels.length) {
          levels.restore(input - inputChannels.length + 1, vector.eventTimeWatermark());
          continue;
        }
        inputChannels[input] = Math.max(inputChannels[input], vector.channels().size());
        eventTimes.restore(input, vector.ownEventTime());
        processingTimes.restore(input, vector.ownProcessingTime());
      }
      makeCombiners();
      restoreChannels(vectors);
    }
  }

  private void restoreChannels(List<ChannelVector> vectors) {
    if (eventTime != null && processingTime != null) {
      combined(vectors).restore(eventTime, processingTime);
      ignoreEarlierRuns();
    }
  }

  /**
   * Takes over how long inputs were silent from the same worker's former progress of the task: only
   * the transaction was aborted, the silence went on.
   */
  public void goOnAfter(TaskProgress before, long nowNanos) {
    if (source != null && before.source != null) {
      source.goOnAfter(before.source, status);
    }
    if (eventTime != null && before.eventTime != null) {
      eventTime.goOnAfter(before.eventTime, nowNanos);
    }
  }

  /**
   * The channels of all inputs numbered through. An input may have more by now than it had, if its
   * topic has grown, and a small frame leaves them out when there are very many: those missing hold
   * the watermark where it is until their first update arrives.
   */
  private ChannelVector combined(List<ChannelVector> vectors) {
    long eventTimeMs = vectors.get(0).eventTimeWatermark();
    long processingTimeMs = vectors.get(0).processingTimeWatermark();
    ChannelState unheard =
        new ChannelState(
            ChannelStatus.ACTIVE, WatermarkCombiner.NO_OWNER, eventTimeMs, processingTimeMs);
    List<ChannelState> all = new ArrayList<>();
    for (int input = 0; input < inputChannels.length; input++) {
      List<ChannelState> known = List.of();
      for (ChannelVector vector : vectors) {
        known = vector.inputIndex() == input ? vector.channels() : known;
      }
      for (int channel = 0; channel < inputChannels[input]; channel++) {
        all.add(channel < known.size() ? known.get(channel) : unheard);
      }
    }
    return new ChannelVector(0, eventTimeMs, processingTimeMs, all);
  }

  /**
   * Begins a new ownership: all watermarks are sent again, since the previous owner's last frames
   * may not have been delivered.
   */
  public void own(long epoch) {
    ownerEpoch = epoch;
    sentTimes.requireResend();
  }

  /**
   * Notes a source's record and its event time; returns whether that time counts, or false if it is
   * too far in the future.
   */
  public boolean observe(Object value, long eventTimeMs, long wallMs) throws Exception {
    return source == null || source.observe(value, eventTimeMs, wallMs);
  }

  /** {@return how long a source's watermark has stood still; 0 if there is none} */
  public long watermarkAgeNanos(long nowNanos) {
    return source == null ? 0 : source.ageNanos(nowNanos);
  }

  /** {@return whether only the source's end is still needed to decide that it is idle} */
  public boolean isQuietForLong(long nowNanos) {
    return source != null && source.isQuietForLong(nowNanos);
  }

  /**
   * {@return whether only the shuffle's end is still needed to decide that a channel is to be
   * excluded: records that contradict it may wait there}
   */
  public boolean isGraceOver(long nowNanos) {
    return eventTime != null && eventTime.isGraceOver(nowNanos);
  }

  /**
   * Checks the clocks; returns whether the input's watermark or status changed.
   *
   * @param nowNanos for a task that reads a shuffle, when the ends that {@code progress} refers to
   *     were asked for
   */
  public boolean check(SourceProgress progress, long wallMs, long nowNanos) {
    if (eventTime != null) {
      eventTimes.moved();
      return progress == SourceProgress.CAUGHT_UP && eventTime.check(nowNanos);
    }
    if (source == null) {
      return false;
    }
    boolean released = held && !share.tasks().isAwaiting();
    return source.check(progress, wallMs, nowNanos) || released;
  }

  /**
   * Applies one channel update of a frame; returns whether the input's watermark or status changed.
   *
   * @param nowNanos a monotonic reading
   */
  public boolean update(int channel, FrameReader update, long nowNanos) {
    if (eventTime == null || processingTime == null) {
      return false;
    }
    eventTimes.moved();
    processingTimes.moved();
    boolean event =
        eventTime.update(
            channel,
            update.updateStatus(),
            update.updateOwnerEpoch(),
            update.updateEventTimeWatermark(),
            nowNanos);
    boolean processing =
        processingTime.update(
            channel,
            update.updateStatus(),
            update.updateOwnerEpoch(),
            update.updateProcessingTimeWatermark(),
            nowNanos);
    return event || processing;
  }

  /**
   * {@return the watermark of one input by itself: none of its records is expected to be older. It
   * is at least the task's}
   */
  public long time(TimeDomain domain, int input) {
    boolean event = domain == TimeDomain.EVENT;
    WatermarkCombiner combiner = event ? eventTime : processingTime;
    if (combiner == null) {
      return event ? eventTime() : processingTime();
    }
    return (event ? eventTimes : processingTimes).of(input, combiner, inputChannels);
  }

  /** {@return whether the records of an input wait for the tables that they are looked up in} */
  public boolean awaitsTables(int input) {
    return awaitsTables() && combiners.goesByTimeOf(input);
  }

  /** {@return whether records wait for the tables that they are looked up in} */
  public boolean awaitsTables() {
    return eventTime != null && tableWait.isOn(eventTime, inputChannels);
  }

  /** {@return whether rows that stood in a table's topic at the start are still to come} */
  public boolean isLoading() {
    return !loading.isOver();
  }

  /** Notes that a source has been read up to the end of what stood in its topic at the start. */
  public void hasReadStandingRows() {
    loading.arrived();
  }

  /** Lets what follows other operators go on after a commit; returns whether there is any. */
  public boolean committed() {
    boolean goesOn = levels.committed();
    goesOn |= loading.committed();
    return goesOn;
  }

  /** {@return the event-time watermark of the task's inputs} */
  public long eventTime() {
    if (eventTime != null) {
      return eventTime.watermark();
    }
    if (status == ChannelStatus.FINISHED) {
      return Watermarks.END_OF_TIME;
    }
    return source == null ? Watermarks.UNKNOWN : source.watermark();
  }

  /** {@return the processing-time watermark of the task's inputs} */
  public long processingTime() {
    return processingTime == null ? Watermarks.UNKNOWN : processingTime.watermark();
  }

  /** {@return the times of the operators that follow others in the task} */
  public LevelTimes levels() {
    return levels;
  }

  /** {@return whether all channels have finished} */
  public boolean inputsFinished() {
    return eventTime != null && eventTime.status() == ChannelStatus.FINISHED;
  }

  /**
   * Notes that everything up to the input's watermark has fired, so that it may be sent downstream.
   */
  public void fired() {
    held = source != null && share.tasks().isAwaiting();
    if (held) {
      // The new partitions are read soon; time must not have passed what waits in them by then.
      status = status == ChannelStatus.FINISHED ? status : loading.status(ChannelStatus.ACTIVE);
      return;
    }
    firedEventTime =
        Math.max(firedEventTime, levels.count() == 1 ? eventTime() : levels.firedUpTo());
    if (!loading.isOver()) {
      fireLoading();
    }
    if (status != ChannelStatus.FINISHED) {
      status =
          loading.status(
              eventTime != null
                  ? active(eventTime.status())
                  : source != null ? source.status() : ChannelStatus.ACTIVE);
    }
  }

  private void fireLoading() {
    if (eventTime != null && !eventTime.isLoading(0, eventTime.channels())) {
      loading.arrived();
    }
    loading.fired();
  }

  /**
   * Keeps FINISHED back: only {@link #finish()} sets it, when the task itself has finished. And a
   * task is not idle before all levels have fired up to where its input is: what is still to be
   * emitted would be late for a reader that does not wait for it.
   */
  private ChannelStatus active(ChannelStatus input) {
    return input == ChannelStatus.FINISHED || !levels.isLevel() ? ChannelStatus.ACTIVE : input;
  }

  /** Notes that the task has reached the end of its input, for good. */
  public void finish() {
    status = ChannelStatus.FINISHED;
    firedEventTime = Watermarks.END_OF_TIME;
    stampMs = Watermarks.END_OF_TIME;
    if (source != null) {
      source.finish();
    }
  }

  /** {@return the time to stamp a record with that goes to a window in processing time} */
  public long stamp(long wallMs) {
    if (wallMs > stampMs) {
      stampMs = wallMs;
    }
    return stampMs;
  }

  /** {@return the update that the task sends downstream} */
  public ChannelUpdate update() {
    return new ChannelUpdate(
        task,
        status,
        ownerEpoch,
        promisedEventTime(),
        sentTimes.sendsProcessingTime() || status == ChannelStatus.FINISHED
            ? stampMs
            : Watermarks.UNKNOWN);
  }

  /**
   * The watermark to send, held back so that corrections within the allowed lateness are not late.
   */
  private long promisedEventTime() {
    if (status == ChannelStatus.FINISHED || firedEventTime == Watermarks.UNKNOWN) {
      return firedEventTime;
    }
    return Math.max(Saturating.subtract(firedEventTime, holdsBackMs), Watermarks.UNKNOWN + 1);
  }

  /** Advances processing time and passes the present watermarks to the throttles. */
  public void advance(long wallMs) {
    if (sentTimes.sendsProcessingTime() && status != ChannelStatus.FINISHED) {
      stamp(wallMs);
    }
    sentTimes.advance(status, promisedEventTime(), stampMs);
  }

  /** {@return whether {@link #update()} has changed since it was last sent to an output} */
  public boolean hasNews(int output) {
    return sentTimes.hasNews(output);
  }

  /** {@return whether an update of an output is due, even if there is nothing else to send} */
  public boolean isDue(int output, long nowNanos) {
    return sentTimes.isDue(output, nowNanos);
  }

  /**
   * {@return whether something goes on with the commit: later stages, for which an update is due,
   * or operators that follow others in the task}
   */
  public boolean awaitsCommit(long nowNanos) {
    return sentTimes.nanosUntilDue(nowNanos) == 0 || levels.awaitCommit() || !loading.isOver();
  }

  /**
   * {@return how long it is until an output's update is due or a generator is to be called; {@link
   * Long#MAX_VALUE} if nothing is waiting}
   */
  public long nanosUntilDue(long nowNanos) {
    long due = sentTimes.nanosUntilDue(nowNanos);
    return source == null ? due : Math.min(due, source.nanosUntilPeriod(nowNanos));
  }

  /** Notes that the update was sent to all partitions of an output. */
  public void sent(int output, long nowNanos) {
    sentTimes.sent(output, nowNanos);
  }

  /** {@return the channels' state by input, for the commit frame} */
  public List<ChannelVector> vectors() {
    List<ChannelVector> vectors = new ArrayList<>();
    if (eventTime != null && processingTime != null) {
      for (int input = 0; input < inputChannels.length; input++) {
        ChannelVector vector =
            ChannelVector.of(
                input, eventTime, processingTime, firstChannel(input), inputChannels[input]);
        vectors.add(
            keepsInputTimes
                ? vector.withOwn(time(TimeDomain.EVENT, input), time(TimeDomain.PROCESSING, input))
                : vector);
      }
      // What comes from within the task are further inputs, without channels.
      for (int level = 1; level < levels.count(); level++) {
        int input = inputChannels.length + level - 1;
        long time = levels.of(level, Watermarks.UNKNOWN);
        vectors.add(new ChannelVector(input, time, Watermarks.UNKNOWN, List.of()));
      }
    }
    return vectors;
  }

  /** {@return whether the task has finished} */
  public boolean isFinished() {
    return status == ChannelStatus.FINISHED;
  }

  /** {@return the epoch of the present ownership} */
  public long ownerEpoch() {
    return ownerEpoch;
  }

  /** {@return the event time up to which everything has fired} */
  public long outputEventTime() {
    return firedEventTime;
  }

  /** {@return the last stamp of processing time} */
  public long outputProcessingTime() {
    return stampMs;
  }

  /** {@return the status that the task reports downstream} */
  public ChannelStatus status() {
    return status;
  }
}
