package dev.millrace.internal.progress;

import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.codec.InMemorySchemaBook;
import dev.millrace.internal.codec.ValueCodec;
import dev.millrace.internal.codec.ValueCodecs;
import dev.millrace.internal.frame.ChannelUpdate;
import dev.millrace.internal.frame.FrameReader;
import dev.millrace.internal.frame.FrameWriter;
import dev.millrace.internal.frame.SmallFrame;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.ShuffleEdge;
import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.spec.KafkaSourceSpec;
import dev.millrace.internal.spec.Specs;
import dev.millrace.internal.stage.Rhythm;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.stage.StageSetups;
import dev.millrace.internal.stage.StageShare;
import dev.millrace.internal.time.ChannelStatus;
import dev.millrace.internal.time.SourceAlignment;
import dev.millrace.internal.time.SourceProgress;
import dev.millrace.time.TimeDomain;
import dev.millrace.time.Watermarks;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The source partitions of a job and one task behind their shuffle, as far as time is concerned:
 * real progress, frames and metadata of offsets, without a broker. Frames go into a log in the
 * transaction that commits their source, as in Kafka.
 */
public final class TimeRig {

  private static final byte[] NO_POSITION = {};

  private final StageSetup sourceSetup;
  private final StageSetup behindSetup;
  private final StageShare share;
  private final TaskProgress[] sources;
  private final String[] committedSources;
  private final long[] epochs;
  private final SourceAlignment.Waiting[] waiting;
  private final List<byte[]> log = new ArrayList<>();
  private TaskProgress behind;
  private String committedBehind = SmallFrame.NONE;
  private int position;
  private int committedPosition;

  public long wallMs = 1_000_000;
  public long nanos = -5_000;

  public TimeRig(int partitions, Watermarks<Object> strategy) {
    ShuffleEdge edge =
        new ShuffleEdge(
            "shuffle",
            "source",
            "behind",
            Optional.empty(),
            Void.class,
            String.class,
            TimeDomain.EVENT,
            Optional.empty(),
            new ShuffleEdge.Granularity(1, Long.MAX_VALUE),
            ErrorPolicy.fail());
    StageInput topic =
        new StageInput.Kafka(
            Specs.of(KafkaSource.strings("topic").watermarks(strategy), KafkaSourceSpec.class),
            ErrorPolicy.fail(),
            List.of());
    sourceSetup =
        setup(
            "source",
            null,
            partitions,
            new StageSetup.Input(topic, new UUID(1, 1), 0, null, null, Map.of()),
            List.of(new StageSetup.Output(edge, 1, null, strings(), null)));
    behindSetup =
        setup(
            "behind",
            sourceSetup,
            1,
            new StageSetup.Input(
                new StageInput.Shuffled(edge, List.of()),
                new UUID(1, 2),
                partitions,
                strings(),
                null,
                Map.of()),
            List.of());
    share = StageShare.of(sourceSetup, 1);
    sources = new TaskProgress[partitions];
    committedSources = new String[partitions];
    epochs = new long[partitions];
    waiting = new SourceAlignment.Waiting[partitions];
    for (int i = 0; i < partitions; i++) {
      committedSources[i] = SmallFrame.NONE;
      waiting[i] = SourceAlignment.Waiting.NO;
      sources[i] = opened(sourceSetup, i, SmallFrame.NONE, 0);
    }
    behind = opened(behindSetup, 0, SmallFrame.NONE, 0);
  }

  private static StageSetup setup(
      String stage,
      @Nullable StageSetup upstream,
      int tasks,
      StageSetup.Input input,
      List<StageSetup.Output> outputs) {
    List<ShuffleEdge> edges = outputs.stream().map(StageSetup.Output::edge).toList();
    StagePlan plan = plan(stage, input.input(), edges);
    return StageSetups.of(
        new PhysicalPlan(
            "job", upstream == null ? List.of(plan) : List.of(upstream.stage(), plan), List.of()),
        plan,
        0,
        tasks,
        List.of(input),
        outputs);
  }

  private static StagePlan plan(String stage, StageInput input, List<ShuffleEdge> edges) {
    return new StagePlan(stage, List.of(input), List.of(), edges, false, OptionalInt.empty());
  }

  @SuppressWarnings("unchecked") // as the engine does, which knows values as objects
  private static ValueCodec<Object> strings() {
    return (ValueCodec<Object>) ValueCodecs.forType(String.class, new InMemorySchemaBook());
  }

  private TaskProgress opened(StageSetup setup, int task, String metadata, long epoch) {
    TaskProgress progress = new TaskProgress(setup, task, share, Rhythm.USUAL);
    if (!metadata.equals(SmallFrame.NONE)) {
      SmallFrame frame = SmallFrame.decode(metadata);
      progress.restore(
          frame.status(),
          frame.eventTimeWatermark(),
          frame.processingTimeWatermark(),
          frame.channelVectors());
    }
    progress.own(epoch);
    return progress;
  }

  public int partitions() {
    return sources.length;
  }

  TaskProgress source(int partition) {
    return sources[partition];
  }

  /** The task behind the shuffle. */
  public TaskProgress behind() {
    return behind;
  }

  /** A record arrives; returns whether its time was believed. */
  public boolean record(int partition, long eventTimeMs) throws Exception {
    boolean believed = sources[partition].observe("record", eventTimeMs, wallMs);
    sources[partition].fired();
    return believed;
  }

  public void check(int partition, SourceProgress progress) {
    if (sources[partition].check(progress, wallMs, nanos)) {
      sources[partition].fired();
    }
  }

  void finish(int partition) {
    sources[partition].finish();
    sources[partition].fired();
  }

  /** Commits a source with what it has to say; that is in the log from then on. */
  public void commitSource(int partition) {
    TaskProgress source = sources[partition];
    source.advance(wallMs);
    List<ChannelUpdate> updates = List.of(source.update());
    log.add(new FrameWriter(0, 0, sources.length).finish(0, updates));
    source.sent(0, nanos);
    committedSources[partition] = metadata(source);
  }

  /** The source's owner dies; another one goes on from what was committed. */
  public void takeOverSource(int partition) {
    sources[partition] =
        opened(sourceSetup, partition, committedSources[partition], ++epochs[partition]);
  }

  /** The task behind reads frames of the log. */
  public void read(int frames) {
    FrameReader reader = new FrameReader();
    for (int i = 0; i < frames && position < log.size(); i++) {
      byte[] frame = log.get(position++);
      reader.reset(frame, 0, frame.length);
      while (reader.nextUpdate()) {
        behind.update(reader.updateChannel(), reader, nanos);
      }
    }
    behind.check(SourceProgress.CAUGHT_UP, wallMs, nanos);
    if (behind.inputsFinished()) {
      behind.finish();
    }
    behind.fired();
  }

  /** Somebody who lost the partition long ago writes as the owner it was. */
  void zombieSays(int partition, long epoch, ChannelStatus status, long watermark) {
    ChannelUpdate update = new ChannelUpdate(partition, status, epoch, watermark, Long.MIN_VALUE);
    log.add(new FrameWriter(0, 0, sources.length).finish(0, List.of(update)));
  }

  long epoch(int partition) {
    return epochs[partition];
  }

  public void commitBehind() {
    committedBehind = metadata(behind);
    committedPosition = position;
  }

  public void takeOverBehind() {
    behind = opened(behindSetup, 0, committedBehind, 1);
    position = committedPosition;
    behind.fired();
  }

  public boolean hasUnread() {
    return position < log.size();
  }

  /** Tells all partitions read here who has to wait for whom. */
  void align() {
    SourceAlignment alignment = share.alignment().orElseThrow();
    for (int i = 0; i < sources.length; i++) {
      alignment.moved(i, sources[i].status(), sources[i].eventTime());
    }
    for (int i = 0; i < sources.length; i++) {
      waiting[i] = alignment.decide(i, waiting[i]);
    }
  }

  SourceAlignment.Waiting waiting(int partition) {
    return waiting[partition];
  }

  private static String metadata(TaskProgress progress) {
    return new SmallFrame(
            progress.status(),
            progress.outputEventTime(),
            progress.outputProcessingTime(),
            1,
            progress.ownerEpoch(),
            NO_POSITION,
            progress.vectors())
        .encode();
  }
}
