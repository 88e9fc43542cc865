package dev.millrace.internal.admin;

import dev.millrace.admin.ResetPlan;
import dev.millrace.admin.ResetRequest;
import dev.millrace.admin.ResetTarget;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.JobStateException;
import dev.millrace.error.MillraceException;
import dev.millrace.error.Place;
import dev.millrace.internal.frame.SmallFrame;
import dev.millrace.internal.kafka.Cluster;
import dev.millrace.internal.kafka.MissingRights;
import dev.millrace.internal.kafka.TopicState;
import dev.millrace.internal.meta.JobNames;
import dev.millrace.internal.meta.Manifest;
import dev.millrace.internal.meta.ManifestProducer;
import dev.millrace.internal.meta.MetaTopic;
import dev.millrace.internal.util.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * The reset of a job, which lets it start over: it moves the offsets of its sources, and deletes
 * its state and the shuffles between its stages.
 *
 * <p>The steps, each of which can be repeated:
 *
 * <pre>
 *   1  manifest: RESETTING, with the offsets worked out      from here on nobody starts the job
 *   2  fence the open transactions of instances that died
 *   3  delete the groups; this fails if somebody is in them
 *   4  delete shuffles, changelogs and lists of splits
 *   5  write the offsets of the sources' groups
 *   6  manifest: RESET, next epoch, new run                  the next start deploys the program
 * </pre>
 *
 * <p>An interrupted reset is completed with the offsets of its first step, so that a relative
 * target counts once. Topics are created by the next start, from the program at hand: so a reset
 * also permits a program of another shape.
 *
 * <p><b>Threads.</b> Confined to the caller's thread.
 */
final class JobReset {

  /** The steps of a reset, each named by what has been done when a test interrupts it there. */
  enum Step {
    INTENT_WRITTEN,
    GROUPS_DELETED,
    TOPICS_DELETED,
    OFFSETS_WRITTEN
  }

  /** The listener of a reset's steps; an exception that it throws interrupts the reset. */
  interface Progress {
    void done(Step step);
  }

  /** The request for tables, whatever it is for other sources: their rows go with the state. */
  private static final ResetRequest ALL_ROWS = ResetRequest.to(new ResetTarget.Earliest());

  private final Cluster cluster;
  private final JobNames names;
  private final JobRemains remains;
  private final Clock clock;

  JobReset(Cluster cluster, String job, Clock clock) {
    this.cluster = cluster;
    this.names = new JobNames(job);
    this.remains = new JobRemains(cluster, names, clock);
    this.clock = clock;
  }

  // ------------------------------------------------------------------ plan

  ResetPlan plan(ResetRequest request) {
    try (MetaTopic meta = openMeta()) {
      Manifest manifest = manifest(meta);
      remains.refuseMembers(manifest, "reset");
      boolean resumes = manifest.phase() == Manifest.Phase.RESETTING;
      return new ResetPlan(
          names.job(),
          manifest.resetEpoch(),
          manifest.run(),
          resumes,
          resumes ? movesOf(manifest) : moves(manifest, request),
          remains.topics(manifest));
    }
  }

  private List<ResetPlan.Move> moves(Manifest manifest, ResetRequest request) {
    Set<String> sources = new TreeSet<>();
    sourcesByStage(manifest).values().forEach(sources::addAll);
    Map<String, TopicState> states = new TreeMap<>();
    sources.forEach(topic -> states.put(topic, cluster.topics().checkUserTopic(topic)));
    checkScope(request, states);
    remains.completeOffsets(manifest);
    List<ResetPlan.Move> moves = new ArrayList<>();
    sourcesByStage(manifest)
        .forEach(
            (stage, topics) -> {
              Map<TopicPartition, OffsetAndMetadata> committed =
                  cluster.groups().stableCommittedOffsets(names.group(stage));
              for (String topic : topics) {
                moves.addAll(
                    moves(
                        manifest,
                        isTable(manifest, stage, topic) ? ALL_ROWS : request,
                        stage,
                        partitions(topic, states),
                        committed));
              }
            });
    return moves;
  }

  private static boolean isTable(Manifest manifest, String stage, String topic) {
    Manifest.Stage known = manifest.stages().get(stage);
    return known != null && known.inputs(Manifest.InputKind.TABLE).contains(topic);
  }

  private List<ResetPlan.Move> moves(
      Manifest manifest,
      ResetRequest request,
      String stage,
      List<TopicPartition> partitions,
      Map<TopicPartition, OffsetAndMetadata> committed) {
    Map<TopicPartition, Long> beginnings = cluster.offsets().beginnings(partitions);
    Map<TopicPartition, Long> ends =
        cluster.offsets().ends(partitions, IsolationLevel.READ_UNCOMMITTED);
    Map<TopicPartition, Long> atTime = offsetsAtTime(request.target(), partitions);
    List<ResetPlan.Move> moves = new ArrayList<>();
    for (TopicPartition partition : partitions) {
      long beginning = beginnings.getOrDefault(partition, 0L);
      long end = ends.getOrDefault(partition, 0L);
      OptionalLong present = present(manifest, stage, partition, committed);
      long current = present.orElse(beginning);
      long to =
          isInScope(request, partition)
              ? target(request.target(), beginning, end, current, atTime.get(partition))
              : current;
      moves.add(
          new ResetPlan.Move(
              stage,
              partition.topic(),
              partition.partition(),
              present,
              Math.max(beginning, Math.min(end, to))));
    }
    return moves;
  }

  /** The group's offset, or that of an earlier reset if nothing has run since. */
  private static OptionalLong present(
      Manifest manifest,
      String stage,
      TopicPartition partition,
      Map<TopicPartition, OffsetAndMetadata> committed) {
    OffsetAndMetadata offset = committed.get(partition);
    return offset != null
        ? OptionalLong.of(offset.offset())
        : manifest.startOf(stage, partition.topic(), partition.partition());
  }

  private static long target(
      ResetTarget target, long beginning, long end, long current, @Nullable Long atTime) {
    if (target instanceof ResetTarget.Earliest) {
      return beginning;
    } else if (target instanceof ResetTarget.Latest) {
      return end;
    } else if (target instanceof ResetTarget.Current) {
      return current;
    } else if (target instanceof ResetTarget.Offset offset) {
      return offset.offset();
    } else if (target instanceof ResetTarget.Shift shift) {
      // Neither is near the limits of a long, but the request's number may be.
      return current + Math.max(-current, Math.min(Long.MAX_VALUE - current, shift.records()));
    }
    return atTime == null ? end : atTime;
  }

  private Map<TopicPartition, Long> offsetsAtTime(
      ResetTarget target, List<TopicPartition> partitions) {
    if (target instanceof ResetTarget.AtTime at) {
      return cluster.offsets().at(partitions, at.time().toEpochMilli());
    } else if (target instanceof ResetTarget.Ago ago) {
      return cluster.offsets().at(partitions, clock.wallMs() - ago.duration().toMillis());
    }
    return Map.of();
  }

  private static boolean isInScope(ResetRequest request, TopicPartition partition) {
    if (request.scope().isEmpty()) {
      return true;
    }
    Set<Integer> partitions = request.scope().get(partition.topic());
    return partitions != null
        && (partitions.isEmpty() || partitions.contains(partition.partition()));
  }

  private void checkScope(ResetRequest request, Map<String, TopicState> sources) {
    request
        .scope()
        .forEach(
            (topic, partitions) -> {
              TopicState state = sources.get(topic);
              if (state == null) {
                throw new ConfigurationException(
                    "Cannot reset topic "
                        + topic
                        + ": it is no source of job '"
                        + names.job()
                        + "'. Its sources are "
                        + sources.keySet()
                        + ".",
                    Place.ofTopic(topic),
                    null);
              }
              for (int partition : partitions) {
                if (partition < 0 || partition >= state.partitions()) {
                  throw new ConfigurationException(
                      "Cannot reset partition "
                          + partition
                          + " of topic "
                          + topic
                          + ": it has partitions 0 to "
                          + (state.partitions() - 1)
                          + ".",
                      Place.ofPartition(topic, partition),
                      null);
                }
              }
            });
  }

  /** The moves of an interrupted reset. */
  private List<ResetPlan.Move> movesOf(Manifest manifest) {
    List<ResetPlan.Move> moves = new ArrayList<>();
    manifest
        .starts()
        .forEach(
            (stage, topics) ->
                topics.forEach(
                    (topic, offsets) -> {
                      for (int i = 0; i < offsets.size(); i++) {
                        moves.add(
                            new ResetPlan.Move(
                                stage, topic, i, OptionalLong.empty(), offsets.get(i)));
                      }
                    }));
    return moves;
  }

  // ------------------------------------------------------------------ execution

  void execute(ResetPlan plan) {
    execute(plan, step -> {});
  }

  /**
   * @param progress may throw, to interrupt the reset as a crash would
   */
  void execute(ResetPlan plan, Progress progress) {
    try (MetaTopic meta = openMeta();
        ManifestProducer fencing = ManifestProducer.open(cluster, names.job(), Set.of())) {
      Producer<byte[], byte[]> producer = fencing.producer();
      Manifest manifest = manifest(meta);
      checkUnchanged(plan, manifest);
      remains.refuseMembers(manifest, "reset");
      if (!plan.resumes()) {
        manifest = manifest.resetting(starts(plan));
        write(producer, List.of(meta.record(manifest)));
      }
      progress.done(Step.INTENT_WRITTEN);
      remains.deleteGroups(manifest);
      progress.done(Step.GROUPS_DELETED);
      remains.deleteTopics(remains.topics(manifest));
      progress.done(Step.TOPICS_DELETED);
      writeOffsets(manifest);
      progress.done(Step.OFFSETS_WRITTEN);
      List<ProducerRecord<byte[], byte[]>> last = new ArrayList<>(meta.finishedTombstones());
      last.add(meta.record(manifest.reset(Manifest.newRun())));
      write(producer, last);
    } catch (KafkaException e) {
      RuntimeException explained =
          MissingRights.explained(
              e, "reset job '" + names.job() + "'", "WRITE", names.bootstrapId());
      if (explained != e) {
        throw explained;
      }
      throw new MillraceException(
          "Cannot reset job '"
              + names.job()
              + "': the reset was interrupted ("
              + e.getMessage()
              + "). If somebody else resets or starts the job, let them end; then run reset again,"
              + " which completes it",
          e);
    }
  }

  private static void write(
      Producer<byte[], byte[]> producer, List<ProducerRecord<byte[], byte[]>> records) {
    producer.beginTransaction();
    records.forEach(producer::send);
    producer.commitTransaction();
  }

  private void writeOffsets(Manifest manifest) {
    sourcesByStage(manifest)
        .forEach(
            (stage, topics) -> {
              Map<TopicPartition, OffsetAndMetadata> offsets =
                  new TreeMap<>(
                      Comparator.comparing(TopicPartition::topic)
                          .thenComparing(TopicPartition::partition));
              manifest
                  .starts()
                  .getOrDefault(stage, Map.of())
                  .forEach(
                      (topic, starts) -> {
                        for (int i = 0; i < starts.size(); i++) {
                          offsets.put(
                              new TopicPartition(topic, i),
                              new OffsetAndMetadata(starts.get(i), SmallFrame.NONE));
                        }
                      });
              if (!offsets.isEmpty()) {
                cluster.groups().writeOffsets(names.group(stage), offsets);
              }
            });
  }

  private static Map<String, Map<String, List<Long>>> starts(ResetPlan plan) {
    Map<String, Map<String, List<Long>>> starts = new TreeMap<>();
    // The moves of a topic are in the order of its partitions.
    for (ResetPlan.Move move : plan.moves()) {
      starts
          .computeIfAbsent(move.stage(), stage -> new TreeMap<>())
          .computeIfAbsent(move.topic(), topic -> new ArrayList<>())
          .add(move.to());
    }
    return starts;
  }

  private void checkUnchanged(ResetPlan plan, Manifest manifest) {
    boolean resumes = manifest.phase() == Manifest.Phase.RESETTING;
    if (manifest.resetEpoch() != plan.resetEpoch()
        || !manifest.run().equals(plan.run())
        || resumes != plan.resumes()) {
      throw new JobStateException(
          "Cannot reset job '"
              + names.job()
              + "': it was started or reset since the reset was planned. Plan it again");
    }
  }

  // ------------------------------------------------------------------ what there is

  private static Map<String, List<String>> sourcesByStage(Manifest manifest) {
    Map<String, List<String>> sources = new TreeMap<>();
    manifest
        .stages()
        .forEach(
            (name, stage) -> {
              List<String> topics = new ArrayList<>(stage.inputs(Manifest.InputKind.SOURCE));
              topics.addAll(stage.inputs(Manifest.InputKind.TABLE));
              sources.put(name, topics);
            });
    return sources;
  }

  private static List<TopicPartition> partitions(String topic, Map<String, TopicState> states) {
    TopicState state = states.get(topic);
    List<TopicPartition> partitions = new ArrayList<>();
    for (int i = 0; state != null && i < state.partitions(); i++) {
      partitions.add(new TopicPartition(topic, i));
    }
    return partitions;
  }

  private MetaTopic openMeta() {
    return JobInspector.openMeta(cluster, names);
  }

  private Manifest manifest(MetaTopic meta) {
    meta.refresh();
    return meta.manifest().orElseThrow(() -> JobInspector.noSuchJob(cluster, names));
  }
}
