package dev.millrace.internal.admin;

import dev.millrace.admin.CommitPace;
import dev.millrace.admin.InstanceState;
import dev.millrace.admin.JobPhase;
import dev.millrace.admin.JobStatus;
import dev.millrace.admin.JobStatus.Task;
import dev.millrace.admin.JobSummary;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.IncompatibleJobException;
import dev.millrace.error.MillraceException;
import dev.millrace.internal.kafka.Cluster;
import dev.millrace.internal.kafka.KafkaErrors;
import dev.millrace.internal.kafka.TopicState;
import dev.millrace.internal.meta.InstanceReport;
import dev.millrace.internal.meta.JobNames;
import dev.millrace.internal.meta.Manifest;
import dev.millrace.internal.meta.MetaTopic;
import dev.millrace.internal.meta.Pauses;
import dev.millrace.internal.stage.StageMetrics;
import dev.millrace.internal.util.Clock;
import dev.millrace.metrics.StageCounters;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;

/**
 * The inspection of jobs: which there are, and the status of one, from their topics and groups
 * alone.
 *
 * <p><b>Threads.</b> Confined to the caller's thread.
 */
final class JobInspector {

  private static final Logger LOGGER = LoggerFactory.getLogger(JobInspector.class);

  private final Cluster cluster;
  private final Clock clock;

  JobInspector(Cluster cluster, Clock clock) {
    this.cluster = cluster;
    this.clock = clock;
  }

  /** {@return the job's meta topic, opened} */
  static MetaTopic openMeta(Cluster cluster, JobNames names) {
    if (cluster.topics().describe(List.of(names.metaTopic())).isEmpty()) {
      throw noSuchJob(cluster, names);
    }
    return new MetaTopic(cluster.clients(), names.metaTopic(), "millrace-admin");
  }

  /** {@return whether the job has both topics with which its first start begins} */
  static boolean isBegun(Cluster cluster, JobNames names) {
    return cluster.topics().describe(List.of(names.metaTopic(), names.statusTopic())).size() == 2;
  }

  static ConfigurationException noSuchJob(Cluster cluster, JobNames names) {
    if (isBegun(cluster, names)) {
      return new ConfigurationException(
          "Cannot find job '"
              + names.job()
              + "': its first start has not set it up yet, or was interrupted before it did. Start"
              + " it again, or delete what is left of it, if nobody starts it now");
    }
    List<String> others = jobNames(cluster).stream().map(JobNames::job).toList();
    return new ConfigurationException(
        "Cannot find job '"
            + names.job()
            + "': no job of that name has been started at "
            + cluster.config().bootstrapServers()
            + (others.isEmpty() ? ", nor any other." : ". There are " + others + "."));
  }

  private static List<JobNames> jobNames(Cluster cluster) {
    Set<String> topics = new TreeSet<>(cluster.topics().names());
    return topics.stream()
        .flatMap(topic -> JobNames.ofMetaTopic(topic).stream())
        .filter(names -> topics.contains(names.statusTopic()))
        .toList();
  }

  List<JobSummary> jobs() {
    List<JobSummary> jobs = new ArrayList<>();
    for (JobNames names : jobNames(cluster)) {
      if (!canBeRead(names)) {
        continue;
      }
      try (MetaTopic meta = new MetaTopic(cluster.clients(), names.metaTopic(), "millrace-admin")) {
        meta.refresh();
        meta.manifest().ifPresent(manifest -> jobs.add(summary(names, manifest, meta)));
      } catch (IncompatibleJobException e) {
        LOGGER.warn("A job is left out: {}", e.getMessage());
      } catch (JacksonException e) {
        LOGGER.debug("Topic {} is not a job's, though it is called so", names.metaTopic(), e);
      }
    }
    return jobs;
  }

  /** Without a leader a topic would be waited for in vain, and the other jobs would not be seen. */
  private boolean canBeRead(JobNames names) {
    Map<String, TopicState> topics =
        cluster.topics().describe(List.of(names.metaTopic(), names.statusTopic()));
    topics.forEach(
        (topic, state) -> {
          if (!state.leaderless().isEmpty()) {
            LOGGER.warn("Job {} is left out: nobody leads its topic {}", names.job(), topic);
          }
        });
    // One that is not there any more was deleted meanwhile.
    return topics.size() == 2
        && topics.values().stream().allMatch(state -> state.leaderless().isEmpty());
  }

  private JobSummary summary(JobNames names, Manifest manifest, MetaTopic meta) {
    int alive = 0;
    InstanceReports reports = new InstanceReports(cluster, names, clock);
    for (InstanceReport report : reports.recent()) {
      alive += reports.isAlive(report) ? 1 : 0;
    }
    return new JobSummary(
        names.job(),
        phase(manifest),
        manifest.resetEpoch(),
        List.copyOf(manifest.stages().keySet()),
        alive,
        manifest.bounded() && meta.allFinished(manifest));
  }

  private static JobPhase phase(Manifest manifest) {
    return JobPhase.valueOf(manifest.phase().name());
  }

  JobStatus status(String job) {
    JobNames names = new JobNames(job);
    Manifest manifest;
    boolean finished;
    Pauses pauses;
    boolean stopped;
    try (MetaTopic meta = openMeta(cluster, names)) {
      meta.refresh();
      pauses = meta.pauses();
      stopped = meta.isStopped();
      manifest = meta.manifest().orElseThrow(() -> noSuchJob(cluster, names));
      finished = manifest.bounded() && meta.allFinished(manifest);
    }
    InstanceReports reports = new InstanceReports(cluster, names, clock);
    List<InstanceReport> recent = reports.recent();
    List<InstanceReport> alive = recent.stream().filter(reports::isAlive).toList();
    Task.State unassigned = finished ? Task.State.FINISHED : Task.State.UNASSIGNED;
    List<JobStatus.Stage> stages = new ArrayList<>();
    manifest
        .stages()
        .forEach((name, stage) -> stages.add(stage(names, name, stage, unassigned, alive)));
    return new JobStatus(
        job,
        phase(manifest),
        manifest.resetEpoch(),
        manifest.bounded(),
        finished,
        pauses.ofJob(),
        List.copyOf(pauses.ofSources()),
        stopped,
        recent.stream().map(report -> instance(report, reports.isAlive(report))).toList(),
        stages);
  }

  // ------------------------------------------------------------------ instances

  private static JobStatus.Instance instance(InstanceReport report, boolean isAlive) {
    return new JobStatus.Instance(
        report.instance(),
        report.host(),
        report.pid(),
        state(report),
        report.error(),
        report.restarts(),
        report.lastFailure() == null ? "" : report.lastFailure(),
        Instant.ofEpochMilli(report.atMs()),
        isAlive,
        Optional.ofNullable(report.sessionTimeoutMs()).map(Duration::ofMillis),
        report.tables().stream().map(JobInspector::table).toList(),
        Optional.ofNullable(report.http()));
  }

  /** Of a state that only later versions have it is known whether it is that of a failure. */
  private static InstanceState state(InstanceReport report) {
    return report
        .knownState()
        .orElse(report.error().isEmpty() ? InstanceState.RUNNING : InstanceState.FAILED);
  }

  private static JobStatus.Table table(InstanceReport.TableReport table) {
    return new JobStatus.Table(
        table.name(),
        table.topic(),
        table.loaded(),
        table.rows(),
        table.bytes(),
        table.lag(),
        table.skippedRecords());
  }

  // ------------------------------------------------------------------ stages

  private JobStatus.Stage stage(
      JobNames names,
      String name,
      Manifest.Stage stage,
      Task.State unassigned,
      List<InstanceReport> alive) {
    String group = names.group(name);
    OfGroup ofGroup = askOf(group);
    Totals totals = new Totals();
    List<JobStatus.Worker> workers = new ArrayList<>();
    Map<Integer, Task> tasks = new TreeMap<>();
    for (int i = 0; i < stage.tasks(); i++) {
      tasks.put(i, new Task(i, "", unassigned, Optional.empty()));
    }
    for (InstanceReport report : alive) {
      InstanceReport.StageReport share = report.stages().get(name);
      if (share != null) {
        totals.add(share);
        addWorkers(report.instance(), share, workers);
        share
            .opening()
            .forEach(
                number ->
                    tasks.put(
                        number,
                        new Task(
                            number, report.instance(), Task.State.RESTORING, Optional.empty())));
        share.tasks().forEach(task -> tasks.put(task.task(), task(report, task)));
      }
    }
    return new JobStatus.Stage(
        name,
        group,
        stage.inputs(Manifest.InputKind.SHUFFLE).isEmpty(),
        ofGroup.members(),
        new ArrayList<>(tasks.values()),
        inputs(ofGroup.committed(), stage, unassigned == Task.State.FINISHED),
        totals.counters,
        List.copyOf(totals.awaits),
        List.copyOf(totals.heldBackBy),
        Optional.ofNullable(totals.pace).flatMap(JobInspector::pace),
        workers,
        ofGroup.failure());
  }

  /**
   * The facts about a group that its coordinator has.
   *
   * @param failure why it could not be asked; empty if it was
   */
  private record OfGroup(
      int members, Map<TopicPartition, OffsetAndMetadata> committed, Optional<String> failure) {}

  /** The rest is known without a coordinator that is away, and may be asked for because of it. */
  private OfGroup askOf(String group) {
    try {
      return new OfGroup(
          cluster.groups().activeMembers(group).size(),
          cluster.groups().committedOffsets(group),
          Optional.empty());
    } catch (MillraceException e) {
      if (!KafkaErrors.mayPass(e)) {
        throw e;
      }
      return new OfGroup(0, Map.of(), Optional.of(KafkaErrors.text(e)));
    }
  }

  /** A worker in a phase that only later versions have is left out. */
  private static void addWorkers(
      String instance, InstanceReport.StageReport share, List<JobStatus.Worker> workers) {
    List<InstanceReport.WorkerReport> doing = share.doing();
    for (int i = 0; doing != null && i < doing.size(); i++) {
      int number = i;
      InstanceReport.WorkerReport worker = doing.get(i);
      constant(JobStatus.Worker.Phase.class, worker.phase())
          .map(
              phase ->
                  new JobStatus.Worker(
                      instance, number, phase, Instant.ofEpochMilli(worker.sinceMs())))
          .ifPresent(workers::add);
    }
  }

  /** {@return a constant; empty if only later versions have it, of which an instance may be} */
  private static <E extends Enum<E>> Optional<E> constant(Class<E> type, String name) {
    return Stream.of(type.getEnumConstants()).filter(each -> each.name().equals(name)).findFirst();
  }

  private static Optional<CommitPace> pace(InstanceReport.PaceReport report) {
    return constant(CommitPace.Reason.class, report.cause())
        .map(
            reason ->
                new CommitPace(
                    reason,
                    Duration.of(report.intervalMicros(), ChronoUnit.MICROS),
                    Duration.of(report.commitMicros(), ChronoUnit.MICROS)));
  }

  private static Task task(InstanceReport report, InstanceReport.TaskReport task) {
    return new Task(
        task.task(),
        report.instance(),
        constant(Task.State.class, task.status()).orElse(Task.State.ACTIVE),
        watermark(task.watermark()));
  }

  private static Optional<Instant> watermark(long watermarkMs) {
    if (watermarkMs == Long.MIN_VALUE) {
      return Optional.empty();
    }
    return Optional.of(
        watermarkMs == Long.MAX_VALUE ? Instant.MAX : Instant.ofEpochMilli(watermarkMs));
  }

  /**
   * @param committed the offsets of its group, which were read before, so that no end is before
   *     them
   * @param finished whether the job has finished: then only transactions' markers lie after the
   *     offsets, which are no lag
   */
  private List<JobStatus.Input> inputs(
      Map<TopicPartition, OffsetAndMetadata> committed, Manifest.Stage stage, boolean finished) {
    Collection<String> topics = stage.topics().keySet();
    Map<String, TopicState> states = cluster.topics().describe(topics);
    List<TopicPartition> partitions = new ArrayList<>();
    states.forEach(
        (topic, state) -> {
          for (int i = 0; i < state.partitions(); i++) {
            // The rest is known, and the reason for asking now is probably that leader.
            if (!state.leaderless().contains(i)) {
              partitions.add(new TopicPartition(topic, i));
            }
          }
        });
    Map<TopicPartition, Long> ends =
        cluster.offsets().ends(partitions, IsolationLevel.READ_COMMITTED);
    List<JobStatus.Input> inputs = new ArrayList<>();
    for (String topic : topics) {
      TopicState state = states.get(topic);
      int count = state == null ? stage.tasks() : state.partitions();
      for (int i = 0; i < count; i++) {
        TopicPartition partition = new TopicPartition(topic, i);
        Long end = ends.get(partition);
        OffsetAndMetadata offset = committed.get(partition);
        inputs.add(
            input(
                partition,
                offset,
                finished && offset != null ? Long.valueOf(offset.offset()) : end));
      }
    }
    return inputs;
  }

  private static JobStatus.Input input(
      TopicPartition partition, @Nullable OffsetAndMetadata committed, @Nullable Long end) {
    OptionalLong from =
        committed == null ? OptionalLong.empty() : OptionalLong.of(committed.offset());
    OptionalLong to = end == null ? OptionalLong.empty() : OptionalLong.of(end);
    OptionalLong lag =
        from.isPresent() && to.isPresent()
            ? OptionalLong.of(Math.max(0, to.getAsLong() - from.getAsLong()))
            : OptionalLong.empty();
    return new JobStatus.Input(partition.topic(), partition.partition(), from, to, lag);
  }

  /** The sums of the counters over all instances. */
  private static final class Totals {
    private StageCounters counters = StageMetrics.none();
    private final Set<String> awaits = new TreeSet<>();
    private final Set<String> heldBackBy = new TreeSet<>();
    private InstanceReport.@Nullable PaceReport pace;

    void add(InstanceReport.StageReport share) {
      counters = counters.plus(new StageCounters(share.counters()));
      List<String> topics = share.awaits();
      if (topics != null) {
        awaits.addAll(topics);
      }
      pace = InstanceReport.PaceReport.slower(pace, share.pace());
      String later = share.heldBackBy();
      if (later != null) {
        heldBackBy.add(later);
      }
    }
  }
}
