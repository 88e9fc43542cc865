package dev.millrace.internal.launch;

import dev.millrace.internal.frame.SmallFrame;
import dev.millrace.internal.kafka.AuxiliaryCalls;
import dev.millrace.internal.kafka.Cluster;
import dev.millrace.internal.kafka.Startup;
import dev.millrace.internal.meta.Manifest;
import dev.millrace.internal.meta.Pauses;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.runtime.Hold;
import dev.millrace.internal.runtime.Worker;
import dev.millrace.internal.stage.Measure;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.time.SourceAlignment;
import dev.millrace.internal.time.Watermarks;
import dev.millrace.internal.util.Clock;
import dev.millrace.internal.util.MalformedBytesException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The periodic duties of an instance beside its work: reports, backpressure, and deleting what all
 * readers have committed.
 *
 * <p>Only committed offsets decide what may be deleted or how far a stage lags, never positions in
 * memory.
 *
 * <p><b>Threads.</b> Confined to the instance's care thread.
 */
final class Housekeeping implements AutoCloseable {

  private static final Logger LOGGER = LoggerFactory.getLogger(Housekeeping.class);
  private static final long ALIGN_NANOS = Duration.ofSeconds(1).toNanos();
  private static final long HELD_TIME_NANOS = Duration.ofSeconds(5).toNanos();
  private static final long PURGE_NANOS = Duration.ofSeconds(30).toNanos();
  private static final long PAUSED_NANOS = Duration.ofSeconds(5).toNanos();

  private final Instance instance;
  private final PhysicalPlan plan;
  private final Cluster cluster;
  private final Clock clock;
  private final AuxiliaryCalls calls;
  private final StatusReporter reporter;
  private final HeldTime heldTime;
  private final Backlog backlog;
  private final HeldSources heldSources;
  private final long maxLagFrames;
  private final LagLooks lagLooks;
  private final LedPartitions led;
  private final PausedEnds pausedEnds;
  private Pauses pauses = Pauses.NONE;
  private long purgedNanos;
  private long alignedNanos;
  private long heldTimeNanos;
  private long pausedNanos;

  Housekeeping(
      Instance instance,
      PhysicalPlan plan,
      Cluster cluster,
      Manifest manifest,
      Clock clock,
      Startup startup) {
    this.instance = instance;
    this.plan = plan;
    this.cluster = cluster;
    this.clock = clock;
    this.calls = new AuxiliaryCalls(plan.job(), clock);
    this.heldSources = new HeldSources(plan, cluster, calls);
    this.reporter =
        new StatusReporter(instance, plan, cluster, manifest, heldSources, clock, startup);
    this.heldTime = new HeldTime(plan);
    this.backlog = new Backlog(plan, cluster.config().untilEnd());
    this.purgedNanos = clock.nanos();
    this.maxLagFrames = Backlog.mostFrames(cluster.config());
    this.lagLooks = new LagLooks(maxLagFrames, clock.nanos());
    this.led = new LedPartitions(cluster.topics()::led);
    this.pausedEnds =
        new PausedEnds(
            partitions ->
                cluster
                    .offsets()
                    .ends(cluster.topics().led(partitions), IsolationLevel.READ_COMMITTED));
  }

  /**
   * Does what is due; a duty that fails is repeated the next time it is due. Each call may wait for
   * an answer until its own time limit, on the thread that notices that the instance is to stop: so
   * a step ends with the first call that is not answered, and with a stop.
   */
  void step() {
    long now = clock.nanos();
    boolean ignored = calls.run("report the status", () -> reporter.reportIfDue(now));
    if (goesOn()) {
      lookAtLags(now);
    }
    if (goesOn() && now - alignedNanos >= ALIGN_NANOS) {
      ignored = calls.run("look up where sources are read elsewhere", this::lookAtOthers);
      alignedNanos = clock.nanos();
    }
    if (goesOn() && now - heldTimeNanos >= HELD_TIME_NANOS) {
      ignored =
          calls.run(
              "look for partitions that hold event time back",
              () -> heldTime.look(instance.sources(), this::hasCommittedTime, now));
      heldTimeNanos = now;
    }
    if (goesOn() && now - pausedNanos >= PAUSED_NANOS) {
      ignored = calls.run("look up the ends of paused partitions", this::lookAtPaused);
      pausedNanos = clock.nanos();
    }
    if (goesOn() && now - purgedNanos >= PURGE_NANOS) {
      ignored = calls.run("delete consumed records of shuffles", this::purge);
      purgedNanos = clock.nanos();
    }
  }

  /**
   * Keeps sources from reading on that are to pause, and lets those go on that are not any more.
   */
  void obey(Pauses ordered) {
    Pauses before = pauses;
    if (ordered.equals(before)) {
      return;
    }
    pauses = ordered;
    for (StagePlan stage : plan.stages()) {
      String source = stage.name();
      List<Worker> workers = instance.workers().getOrDefault(source, List.of());
      if (!stage.isSource() || ordered.cover(source) == before.cover(source)) {
        continue;
      }
      LOGGER
          .atInfo()
          .addKeyValue("job", plan.job())
          .addKeyValue("source", source)
          .log(ordered.cover(source) ? "A source is paused by order" : "A source is resumed");
      if (ordered.cover(source)) {
        workers.forEach(worker -> worker.hold(Hold.PAUSE));
      } else if (heldSources.heldBackBy(source).isEmpty()) {
        workers.forEach(worker -> worker.hold(Hold.GO_ON));
      }
    }
  }

  private void lookAtPaused() {
    pausedEnds.look(instance.sources(), stage -> plan.stage(stage).inputs().get(0).topic());
  }

  /** {@return the ends of partitions that are not read at present} */
  PausedEnds pausedEnds() {
    return pausedEnds;
  }

  private void lookAtLags(long now) {
    if (maxLagFrames <= 0 || !lagLooks.isDue(now, this::framesSent, heldSources.areAny())) {
      return;
    }
    long frames = framesSent();
    boolean isAnswered = calls.run("look up the lag of stages", this::holdOrRelease);
    led.asked(isAnswered);
    if (isAnswered) {
      lagLooks.looked(clock.nanos(), frames);
    } else {
      lagLooks.failed(clock.nanos());
    }
  }

  private long framesSent() {
    return instance.workers().values().stream()
        .flatMap(List::stream)
        .mapToLong(worker -> worker.cells().counter(Measure.FRAMES_OUT).count())
        .sum();
  }

  private boolean goesOn() {
    return !calls.isCutOff() && !instance.isStopRequested();
  }

  /**
   * Reads the event time of other instances' partitions of an aligned source from their committed
   * offsets.
   */
  private void lookAtOthers() {
    instance
        .shares()
        .forEach(
            (stage, share) ->
                share
                    .alignment()
                    .ifPresent(alignment -> lookAtOthers(plan.stage(stage), alignment)));
  }

  private void lookAtOthers(StagePlan stage, SourceAlignment alignment) {
    committedTimes(stage)
        .forEach(
            (partition, frame) ->
                alignment.committed(partition, frame.status(), frame.eventTimeWatermark()));
  }

  private boolean hasCommittedTime(StagePlan stage) {
    return committedTimes(stage).values().stream()
        .anyMatch(frame -> frame.eventTimeWatermark() != Watermarks.UNKNOWN);
  }

  /** Returns what is committed with the offsets of a source's partitions. */
  private Map<Integer, SmallFrame> committedTimes(StagePlan stage) {
    String source = stage.inputs().get(0).topic();
    Map<Integer, SmallFrame> frames = new HashMap<>();
    cluster
        .groups()
        .committedOffsets(plan.group(stage))
        .forEach(
            (partition, offset) -> {
              if (partition.topic().equals(source) && SmallFrame.isIn(offset.metadata())) {
                frame(partition.partition(), offset.metadata())
                    .ifPresent(frame -> frames.put(partition.partition(), frame));
              }
            });
    return frames;
  }

  private static Optional<SmallFrame> frame(int partition, String metadata) {
    try {
      return Optional.of(SmallFrame.decode(metadata));
    } catch (MalformedBytesException e) {
      // Written by another tool. The worker that opens the task reports what to do about it.
      LOGGER
          .atDebug()
          .addKeyValue("partition", partition)
          .addKeyValue("cause", e.getMessage())
          .log("The metadata of a committed offset cannot be read");
      return Optional.empty();
    }
  }

  /** Makes sources wait while too much of what they have sent is unread. */
  private void holdOrRelease() {
    Map<String, Long> lags = new HashMap<>();
    for (StagePlan stage : plan.stages()) {
      if (!stage.isSource()) {
        addLags(stage, lags);
      }
    }
    for (StagePlan stage : plan.stages()) {
      List<Worker> workers = instance.workers().getOrDefault(stage.name(), List.of());
      if (!stage.isSource() || workers.isEmpty()) {
        continue;
      }
      holdOrRelease(stage, workers, backlog.of(stage, lags));
    }
  }

  private void holdOrRelease(StagePlan source, List<Worker> workers, Backlog.Unread most) {
    if (most.frames() > maxLagFrames) {
      workers.forEach(worker -> worker.hold(Hold.PAUSE));
      heldSources.held(source.name(), most, clock.nanos());
    } else if (most.frames() <= maxLagFrames / 2) {
      if (!pauses.cover(source.name())) {
        workers.forEach(worker -> worker.hold(Hold.GO_ON));
      }
      heldSources.released(source.name());
    }
  }

  /** Adds the largest lag of each input's partitions. */
  private void addLags(StagePlan stage, Map<String, Long> lags) {
    StageSetup setup = instance.setups().get(stage.name());
    if (setup == null) {
      return;
    }
    Map<TopicPartition, Long> ends =
        cluster.offsets().ends(led.of(partitions(setup)), IsolationLevel.READ_COMMITTED);
    Map<TopicPartition, OffsetAndMetadata> committed =
        cluster.groups().committedOffsets(plan.group(stage));
    for (Map.Entry<TopicPartition, Long> end : ends.entrySet()) {
      OffsetAndMetadata read = committed.get(end.getKey());
      if (read != null) {
        lags.merge(end.getKey().topic(), end.getValue() - read.offset(), Math::max);
      }
    }
  }

  /** Deletes frames that their only reading group has committed. */
  private void purge() {
    for (Map.Entry<String, StageSetup> each : instance.setups().entrySet()) {
      StageSetup setup = each.getValue();
      List<Worker> workers = instance.workers().getOrDefault(each.getKey(), List.of());
      if (setup.stage().isSource() || !servesFirstTask(workers)) {
        continue;
      }
      Map<TopicPartition, OffsetAndMetadata> committed =
          cluster.groups().committedOffsets(setup.group());
      Map<TopicPartition, Long> upTo = new HashMap<>();
      for (TopicPartition partition : cluster.topics().led(partitions(setup))) {
        OffsetAndMetadata offset = committed.get(partition);
        if (offset != null && offset.offset() > 0) {
          upTo.put(partition, offset.offset());
        }
      }
      cluster.offsets().deleteBefore(upTo);
    }
  }

  /** One instance is enough for a duty: the one with the stage's first task. */
  private static boolean servesFirstTask(List<Worker> workers) {
    return workers.stream()
        .flatMap(worker -> worker.view().tasks().stream())
        .anyMatch(task -> task.task() == 0);
  }

  private static List<TopicPartition> partitions(StageSetup setup) {
    List<TopicPartition> partitions = new ArrayList<>();
    for (StageSetup.Input input : setup.inputs()) {
      if (input.input() instanceof StageInput.Shuffled) {
        for (int i = 0; i < setup.tasks(); i++) {
          partitions.add(new TopicPartition(input.topic(), i));
        }
      }
    }
    return partitions;
  }

  @Override
  public void close() {
    reporter.close();
  }
}
