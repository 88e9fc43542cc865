package dev.millrace.runner.http;

import dev.millrace.admin.CommitPace;
import dev.millrace.admin.InstanceState;
import dev.millrace.admin.JobPhase;
import dev.millrace.admin.JobStatus;
import dev.millrace.metrics.SourcePartition;
import dev.millrace.metrics.StageCounters;
import dev.millrace.runner.host.Activity;
import dev.millrace.runner.host.HostedJob;
import dev.millrace.runner.host.JobHealth;
import dev.millrace.runner.host.SeenStatus;
import dev.millrace.runner.output.Json;
import dev.millrace.runner.peer.PeerRequest;
import dev.millrace.runner.peer.Unanswered;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The pages about a whole job, which every instance answers alike: from what all of them report to
 * Kafka, and from committed offsets.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
final class JobPages {

  /** All jobs that run here. */
  private record Jobs(List<JobLink> jobs) {}

  /** The link to a job. */
  private record JobLink(String name, InstanceState state, String path) {}

  /** A job. */
  private record JobView(
      String name,
      JobHealth.Word status,
      boolean healthy,
      String health,
      Instant asOf,
      JobPhase phase,
      boolean bounded,
      boolean finished,
      boolean paused,
      List<String> pausedSources,
      boolean stopped,
      int resetEpoch,
      long uptimeSeconds,
      long lag,
      long restoreRemaining,
      long recordsIn,
      long recordsOut,
      @Nullable Double recordsPerSecond,
      long commits,
      @Nullable Instant lastCommitAt,
      List<InstanceView> instances,
      Here here,
      List<Unanswered> unanswered) {}

  /** An instance as it has reported last. */
  private record InstanceView(
      String id,
      String host,
      long pid,
      InstanceState state,
      boolean alive,
      Instant reportedAt,
      @Nullable String error,
      @Nullable String http,
      List<JobStatus.Table> tables) {}

  private record Instances(
      Instant asOf, List<OneInstance> instances, List<Unanswered> unanswered) {}

  /** An instance, with what it answers to {@code /status}; null if it does not. */
  private record OneInstance(InstanceView reported, @Nullable Object own) {}

  /** The event that watchers get each second. */
  private record Event(
      JobView job,
      List<StageView> stages,
      List<StageWatermark> watermarks,
      @Nullable List<PartitionView> partitions) {}

  /** The facts that only the answering instance knows, about itself. */
  private record Here(
      @Nullable String instance,
      InstanceState state,
      long commits,
      @Nullable Instant lastCommitAt,
      @Nullable Double recordsPerSecond) {}

  private record Stages(Instant asOf, List<StageView> stages) {}

  /** A stage, over all instances; counts since these started. */
  private record StageView(
      String name,
      String group,
      boolean source,
      int members,
      int tasks,
      int runningTasks,
      long lag,
      long restoreRemaining,
      long recordsIn,
      long recordsOut,
      long lateRecords,
      long partlyLateRecords,
      long skippedRecords,
      long deadLetters,
      long tombstones,
      long unmatchedRetractions,
      long dividingCommits,
      long abortedTransactions,
      List<String> awaitedTopics,
      List<String> heldBackBy,
      @Nullable Pace pace,
      List<JobStatus.Worker> workers,
      @Nullable String groupFailure,
      Map<String, Long> counters) {}

  /** The pace at which a stage commits. */
  private record Pace(CommitPace.Reason reason, double intervalMs, double durationMs) {}

  private record Partitions(Instant asOf, List<PartitionView> partitions) {}

  /** A partition that a stage reads, and the task that it belongs to. */
  private record PartitionView(
      String stage,
      String topic,
      int partition,
      @Nullable Long committed,
      @Nullable Long end,
      @Nullable Long lag,
      @Nullable String instance,
      JobStatus.Task.@Nullable State state,
      @Nullable Instant watermark,
      boolean ended) {}

  /** Event time; the sources are of this instance, or as others answer. */
  private record Watermarks(
      Instant asOf,
      List<StageWatermark> stages,
      List<Object> sources,
      List<Unanswered> unanswered) {}

  /** The event time of a stage, that of its slowest task; null while one has none. */
  private record StageWatermark(
      String stage, @Nullable Instant watermark, boolean ended, List<TaskWatermark> tasks) {}

  /** The event time of a task; {@code ended} is that of the end of all input. */
  private record TaskWatermark(
      int task,
      @Nullable String instance,
      JobStatus.Task.State state,
      @Nullable Instant watermark,
      boolean ended) {}

  /** The event time of a partition of a source, which the instance that reads it knows. */
  private record SourceWatermark(
      @Nullable String instance,
      String stage,
      int partition,
      SourcePartition.State state,
      @Nullable Instant watermark,
      boolean ended,
      long standsForMs,
      @Nullable Long lag) {}

  /** A job with more partitions is no sight for a picture that moves. */
  private static final int MOST_PARTITIONS_OF_EVENT = 1_000;

  private static final Duration PATIENCE_OF_EVENT = Duration.ofMillis(500);

  private final HostedJob job;
  private final Others others;

  JobPages(HostedJob job, Others others) {
    this.job = job;
    this.others = others;
  }

  /** Answers which jobs run here. */
  Answer list(Request request) {
    return Answer.json(
        new Jobs(List.of(new JobLink(job.name(), job.state(), "/api/v1/jobs/" + job.name()))));
  }

  /** Answers how the job does. */
  Answer job(Request request) {
    Pages.checkJob(job, request);
    SeenStatus seen = Pages.status(job);
    return Answer.json(view(seen, others.allOf(request, seen, InstancePages.STATUS)));
  }

  private JobView view(SeenStatus seen, Others.Gathered gathered) {
    JobStatus status = seen.status();
    Activity activity = job.activity();
    return new JobView(
        job.name(),
        JobHealth.word(status, job.state()),
        status.isHealthy(),
        JobHealth.inWords(status, job.state()),
        seen.asOf(),
        status.phase(),
        status.bounded(),
        status.finished(),
        status.paused(),
        status.pausedSources(),
        status.stopped(),
        status.resetEpoch(),
        Duration.between(job.startedAt(), seen.asOf()).toSeconds(),
        status.totalLag(),
        status.restoreRemaining(),
        status.stages().stream()
            .filter(JobStatus.Stage::isSource)
            .mapToLong(stage -> stage.counters().recordsIn())
            .sum(),
        status.stages().stream().mapToLong(stage -> stage.counters().recordsOut()).sum(),
        Pages.rate(seen.recordsPerSecond()),
        status.stages().stream().mapToLong(stage -> stage.counters().commits()).sum(),
        lastCommit(activity, gathered).orElse(null),
        status.instances().stream().map(JobPages::view).toList(),
        new Here(
            Pages.orNull(job.instance()),
            job.state(),
            activity.commits(),
            Pages.orNull(activity.lastCommit()),
            Pages.rate(activity.recordsPerSecond())),
        gathered.unanswered());
  }

  /** {@return when any instance has committed last, as far as they answer} */
  Optional<Instant> lastCommit(Request request, SeenStatus seen) {
    return lastCommit(job.activity(), others.allOf(request, seen, InstancePages.STATUS));
  }

  private static Optional<Instant> lastCommit(Activity own, Others.Gathered gathered) {
    return Stream.concat(
            own.lastCommit().stream(),
            gathered.parts().stream()
                .map(part -> part.body().path("lastCommitAt").asString(""))
                .flatMap(JobPages::instant))
        .max(Comparator.naturalOrder());
  }

  private static Stream<Instant> instant(String text) {
    try {
      return text.isEmpty() ? Stream.empty() : Stream.of(Instant.parse(text));
    } catch (DateTimeParseException e) {
      return Stream.empty();
    }
  }

  /** Answers which instances work on the job: what each reports, and what each answers if asked. */
  Answer instances(Request request) {
    Pages.checkJob(job, request);
    SeenStatus seen = Pages.status(job);
    Others.Gathered gathered = others.allOf(request, seen, InstancePages.STATUS);
    Map<String, Object> own = new TreeMap<>();
    gathered.parts().forEach(part -> own.put(part.instance(), part.body()));
    job.instance().ifPresent(instance -> own.put(instance, new InstancePages(job, others).own()));
    return Answer.json(
        new Instances(
            seen.asOf(),
            seen.status().instances().stream()
                .map(each -> new OneInstance(view(each), own.get(each.id())))
                .toList(),
            gathered.unanswered()));
  }

  /** {@return what those who watch the job get now} */
  EventStreams.Event event() {
    try {
      SeenStatus seen = Pages.status(job);
      Others.Gathered gathered =
          others.gather(
              Caller.ofServer(job.config()),
              seen,
              (path, token) -> PeerRequest.get(path, token).within(PATIENCE_OF_EVENT),
              InstancePages.STATUS);
      List<PartitionView> partitions = partitions(seen.status(), each -> true);
      return new EventStreams.Event(
          "status",
          Json.LINE.writeValueAsString(
              new Event(
                  view(seen, gathered),
                  seen.status().stages().stream().map(JobPages::view).toList(),
                  seen.status().stages().stream().map(JobPages::watermark).toList(),
                  partitions.size() > MOST_PARTITIONS_OF_EVENT ? null : partitions)));
    } catch (Problem problem) {
      return new EventStreams.Event("problem", problem.toLine("/api/v1/jobs/" + job.name()));
    }
  }

  private static InstanceView view(JobStatus.Instance instance) {
    return new InstanceView(
        instance.id(),
        instance.host(),
        instance.pid(),
        instance.state(),
        instance.alive(),
        instance.reportedAt(),
        unlessEmpty(instance.error()),
        Pages.orNull(instance.http()),
        instance.tables());
  }

  /** Answers the plan, as {@code runner.jar plan -o json} prints it. */
  Answer plan(Request request) {
    Pages.checkJob(job, request);
    return Answer.ofJson(job.plan().toJson());
  }

  /** Answers what each stage has done. */
  Answer stages(Request request) {
    Pages.checkJob(job, request);
    SeenStatus seen = Pages.status(job);
    return Answer.json(
        new Stages(seen.asOf(), seen.status().stages().stream().map(JobPages::view).toList()));
  }

  private static StageView view(JobStatus.Stage stage) {
    StageCounters counters = stage.counters();
    return new StageView(
        stage.name(),
        stage.group(),
        stage.isSource(),
        stage.members(),
        stage.tasks().size(),
        Math.toIntExact(stage.tasks().stream().filter(JobStatus.Task::isRunning).count()),
        stage.totalLag(),
        stage.restoreRemaining(),
        counters.recordsIn(),
        counters.recordsOut(),
        counters.lateRecords(),
        counters.partlyLateRecords(),
        counters.skippedRecords(),
        counters.deadLetters(),
        counters.tombstones(),
        counters.unmatchedRetractions(),
        counters.dividingCommits(),
        stage.abortedTransactions(),
        stage.awaitedTopics(),
        stage.heldBackBy(),
        stage
            .pace()
            .map(pace -> new Pace(pace.reason(), ms(pace.interval()), ms(pace.duration())))
            .orElse(null),
        stage.workers(),
        Pages.orNull(stage.groupFailure()),
        counters.values());
  }

  private static double ms(Duration duration) {
    return duration.toNanos() / 1e6;
  }

  /** Answers how far each partition is read, and by whom. */
  Answer partitions(Request request) {
    Pages.checkJob(job, request);
    Optional<String> onlyStage = request.text("stage");
    Optional<String> onlyTopic = request.text("topic");
    OptionalInt onlyPartition = request.number("partition", 0, Integer.MAX_VALUE);
    SeenStatus seen = Pages.status(job);
    return Answer.json(
        new Partitions(
            seen.asOf(),
            partitions(
                seen.status(),
                each ->
                    (onlyStage.isEmpty() || onlyStage.get().equals(each.stage()))
                        && (onlyTopic.isEmpty() || onlyTopic.get().equals(each.topic()))
                        && (onlyPartition.isEmpty()
                            || onlyPartition.getAsInt() == each.partition()))));
  }

  private static List<PartitionView> partitions(
      JobStatus status, Predicate<PartitionView> isWanted) {
    List<PartitionView> views = new ArrayList<>();
    for (JobStatus.Stage stage : status.stages()) {
      Map<Integer, JobStatus.Task> tasks = new TreeMap<>();
      stage.tasks().forEach(task -> tasks.put(task.number(), task));
      stage.inputs().stream()
          .map(input -> view(stage, input, tasks.get(input.partition())))
          .filter(isWanted)
          .forEach(views::add);
    }
    return views;
  }

  private static PartitionView view(
      JobStatus.Stage stage, JobStatus.Input input, JobStatus.@Nullable Task task) {
    return new PartitionView(
        stage.name(),
        input.topic(),
        input.partition(),
        orNull(input.committed()),
        orNull(input.end()),
        orNull(input.lag()),
        task == null ? null : unlessEmpty(task.instance()),
        task == null ? null : task.state(),
        task == null ? null : time(task.watermark()),
        task != null && isEnd(task.watermark()));
  }

  /** Answers how far event time is. */
  Answer watermarks(Request request) {
    Pages.checkJob(job, request);
    SeenStatus seen = Pages.status(job);
    Others.Gathered gathered = others.sameOf(request, seen);
    List<Object> sources = new ArrayList<>(sourcesHere());
    sources.addAll(gathered.elements("sources"));
    return Answer.json(
        new Watermarks(
            seen.asOf(),
            seen.status().stages().stream().map(JobPages::watermark).toList(),
            sources,
            gathered.unanswered()));
  }

  private static StageWatermark watermark(JobStatus.Stage stage) {
    Optional<Instant> slowest = StageTime.of(stage);
    return new StageWatermark(
        stage.name(),
        time(slowest),
        isEnd(slowest),
        stage.tasks().stream()
            .map(
                task ->
                    new TaskWatermark(
                        task.number(),
                        unlessEmpty(task.instance()),
                        task.state(),
                        time(task.watermark()),
                        isEnd(task.watermark())))
            .toList());
  }

  private List<SourceWatermark> sourcesHere() {
    List<SourceWatermark> views = new ArrayList<>();
    new TreeMap<>(job.metrics().sources())
        .forEach(
            (stage, partitions) ->
                partitions.forEach(
                    partition ->
                        views.add(
                            new SourceWatermark(
                                Pages.orNull(job.instance()),
                                stage,
                                partition.partition(),
                                partition.state(),
                                time(partition.watermark()),
                                isEnd(partition.watermark()),
                                partition.watermarkAge().toMillis(),
                                orNull(partition.lag())))));
    return views;
  }

  /** {@return a watermark that is a time; null if there is none, or it is the end of all input} */
  private static @Nullable Instant time(Optional<Instant> watermark) {
    return isEnd(watermark) ? null : Pages.orNull(watermark);
  }

  private static boolean isEnd(Optional<Instant> watermark) {
    return watermark.filter(Instant.MAX::equals).isPresent();
  }

  private static @Nullable Long orNull(OptionalLong number) {
    return number.isPresent() ? number.getAsLong() : null;
  }

  private static @Nullable String unlessEmpty(String text) {
    return text.isEmpty() ? null : text;
  }
}
