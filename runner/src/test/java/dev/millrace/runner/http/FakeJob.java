package dev.millrace.runner.http;

import dev.millrace.JobArguments;
import dev.millrace.JobPlan;
import dev.millrace.Millrace;
import dev.millrace.admin.CommitPace;
import dev.millrace.admin.InstanceState;
import dev.millrace.admin.JobPhase;
import dev.millrace.admin.JobStatus;
import dev.millrace.admin.PeekedRecord;
import dev.millrace.config.JobConfig;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.StateUnavailableException;
import dev.millrace.metrics.HistogramSample;
import dev.millrace.metrics.JobMetrics;
import dev.millrace.metrics.Metric;
import dev.millrace.metrics.MetricSample;
import dev.millrace.metrics.SourcePartition;
import dev.millrace.metrics.StageCounters;
import dev.millrace.query.StateQuery;
import dev.millrace.query.StateStoreInfo;
import dev.millrace.query.TaskCheckpoint;
import dev.millrace.runner.StageStatus;
import dev.millrace.runner.host.Activity;
import dev.millrace.runner.host.HostedJob;
import dev.millrace.runner.host.JobOrder;
import dev.millrace.runner.host.KafkaSilentException;
import dev.millrace.runner.host.LetterRange;
import dev.millrace.runner.host.Letters;
import dev.millrace.runner.host.NoStatusException;
import dev.millrace.runner.host.PeekedRecords;
import dev.millrace.runner.host.Restarts;
import dev.millrace.runner.host.SeenStatus;
import dev.millrace.runner.jobs.LetterCountJob;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A job that is said to run, with something in every field. */
final class FakeJob implements HostedJob {

  private static final List<String> LABELS = List.of("job", "stage");

  private static final Metric RECORDS =
      new Metric(
          "millrace_records_in_total",
          Metric.Kind.COUNTER,
          Metric.Unit.NUMBER,
          "Records processed.",
          LABELS);

  private static final Metric LAG =
      new Metric(
          "millrace_input_lag_records",
          Metric.Kind.GAUGE,
          Metric.Unit.NUMBER,
          "Records that are not processed yet.",
          LABELS);

  private static final Metric COMMITS =
      new Metric(
          "millrace_commit_duration_seconds",
          Metric.Kind.HISTOGRAM,
          Metric.Unit.SECONDS,
          "The time that commits take.",
          LABELS);

  private static final Metric WINDOWS =
      new Metric(
          "millrace_open_windows",
          Metric.Kind.GAUGE,
          Metric.Unit.NUMBER,
          "Windows that are not over.",
          List.of("job", "stage", "operator"));

  private static final Metric STORE_ROWS =
      new Metric(
          "millrace_store_rows",
          Metric.Kind.GAUGE,
          Metric.Unit.NUMBER,
          "Rows of a store.",
          List.of("job", "stage", "store"));

  private static final Metric STORE_BYTES =
      new Metric(
          "millrace_store_bytes",
          Metric.Kind.GAUGE,
          Metric.Unit.BYTES,
          "Bytes of a store.",
          List.of("job", "stage", "store"));

  private static final Metric WATERMARK_LAG =
      new Metric(
          "millrace_watermark_lag_seconds",
          Metric.Kind.GAUGE,
          Metric.Unit.SECONDS,
          "How old the watermark is.",
          List.of("job", "stage", "task"));

  private static final Metric LATENCY =
      new Metric(
          "millrace_record_latency_seconds",
          Metric.Kind.HISTOGRAM,
          Metric.Unit.SECONDS,
          "The age of records at their commit.",
          LABELS);

  private static final StageCounters COUNTERS =
      new StageCounters(
          Map.of(
              "recordsIn", 11L,
              "recordsOut", 12L,
              "lateRecords", 13L,
              "partlyLateRecords", 14L,
              "skippedRecords", 15L,
              "deadLetters", 16L,
              "tombstones", 17L,
              "unmatchedRetractions", 18L,
              "dividingCommits", 19L,
              "aborts", 20L));

  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  private final JobConfig config;
  volatile String instance = "a1";
  volatile List<JobStatus.Instance> others = List.of();
  volatile boolean stopped;
  final List<String> orders = new CopyOnWriteArrayList<>();
  volatile @Nullable KafkaSilentException noOrder;
  volatile InstanceState state = InstanceState.RUNNING;
  volatile Duration round = Duration.ofMillis(3);
  volatile JobStatus.Task.State task = JobStatus.Task.State.ACTIVE;
  volatile @Nullable Throwable failure;
  volatile Restarts restarts = Restarts.NONE;
  volatile @Nullable NoStatusException noStatus;
  volatile @Nullable RuntimeException topicFailure;
  volatile @Nullable StateUnavailableException noState;

  /** The tasks whose state is here. */
  volatile Set<Integer> here = Set.of(0, 1);

  /** The instance that has task 1 by the status; this one if there is none. */
  volatile @Nullable String ownerOfOne;

  volatile CommitPace pace =
      new CommitPace(CommitPace.Reason.CAUGHT_UP, Duration.ofMillis(18), Duration.ofMillis(3));

  /** The age that was permitted last. */
  volatile Duration askedAge = Duration.ZERO;

  FakeJob() {
    this(JobConfig.defaults());
  }

  FakeJob(JobConfig config) {
    this(config, "127.0.0.1:0");
  }

  FakeJob(JobConfig config, String address) {
    this.config = config.with("http.address", address);
  }

  @Override
  public String name() {
    return "letters";
  }

  @Override
  public JobConfig config() {
    return config;
  }

  @Override
  public JobPlan plan() {
    return Millrace.plan(new LetterCountJob().define(JobArguments.of()), config);
  }

  @Override
  public Instant startedAt() {
    return NOW;
  }

  @Override
  public Optional<String> instance() {
    return Optional.of(instance);
  }

  @Override
  public InstanceState state() {
    return state;
  }

  @Override
  public Optional<Throwable> failure() {
    return Optional.ofNullable(failure);
  }

  @Override
  public Restarts restarts() {
    return restarts;
  }

  @Override
  public Map<String, List<JobStatus.Worker>> workers() {
    return Map.of(
        "lines", List.of(new JobStatus.Worker(instance, 0, JobStatus.Worker.Phase.RUNNING, NOW)));
  }

  @Override
  public Duration longestRound() {
    return round;
  }

  @Override
  public Duration longestRoundAllowed() {
    return Duration.ofMinutes(5);
  }

  @Override
  public JobMetrics metrics() {
    return new JobMetrics(
        Map.of("lines", StageCounters.NONE),
        Map.of(
            "lines",
            List.of(
                new SourcePartition(
                    0,
                    SourcePartition.State.ACTIVE,
                    Optional.of(NOW),
                    Duration.ofMillis(1500),
                    OptionalLong.of(7)),
                new SourcePartition(
                    1,
                    SourcePartition.State.FINISHED,
                    Optional.of(Instant.MAX),
                    Duration.ZERO,
                    OptionalLong.empty()))),
        List.of(
            new MetricSample(RECORDS, List.of("letters", "lines"), 11),
            new MetricSample(LAG, List.of("letters", "lines"), 7),
            new MetricSample(WINDOWS, List.of("letters", "lines", "counts"), 8),
            new MetricSample(STORE_ROWS, List.of("letters", "lines", "counts"), 30),
            new MetricSample(STORE_BYTES, List.of("letters", "lines", "counts"), 4096),
            new MetricSample(WATERMARK_LAG, List.of("letters", "lines", "0"), 9)),
        List.of(histogram(COMMITS), histogram(LATENCY)));
  }

  private static HistogramSample histogram(Metric metric) {
    return new HistogramSample(
        metric,
        List.of("letters", "lines"),
        List.of(
            new HistogramSample.Bucket(0.01, 2),
            new HistogramSample.Bucket(Double.POSITIVE_INFINITY, 3)),
        0.5);
  }

  @Override
  public Activity activity() {
    return new Activity(OptionalDouble.of(12.34), 5, Optional.of(NOW));
  }

  @Override
  public SeenStatus status() throws NoStatusException {
    NoStatusException none = noStatus;
    if (none != null) {
      throw none;
    }
    return new SeenStatus(jobStatus(), NOW, OptionalDouble.empty());
  }

  /** {@return another instance that is alive, and where it serves HTTP} */
  static JobStatus.Instance another(String name, String host, @Nullable String http) {
    return new JobStatus.Instance(
        name,
        host,
        44,
        InstanceState.RUNNING,
        "",
        0,
        "",
        NOW,
        true,
        Optional.empty(),
        List.of(),
        Optional.ofNullable(http));
  }

  @Override
  public void order(JobOrder order, Optional<String> source) throws KafkaSilentException {
    KafkaSilentException none = noOrder;
    if (none != null) {
      throw none;
    }
    if (source.isPresent() && !source.get().equals("lines")) {
      throw new ConfigurationException("Cannot pause that: it is no source");
    }
    orders.add(order + source.map(name -> " " + name).orElse(""));
  }

  @Override
  public List<StateStoreInfo> stores() {
    StateUnavailableException none = noState;
    if (none != null) {
      throw none;
    }
    return FakeState.STORES;
  }

  @Override
  public StateQuery<String, String> query(String store) {
    return new FakeState(this, store);
  }

  @Override
  public List<TaskCheckpoint> checkpoint(Duration atMost) {
    StateUnavailableException none = noState;
    if (none != null) {
      throw none;
    }
    return here.stream()
        .sorted()
        .map(task -> new TaskCheckpoint("lines", task, 7, Map.of("in", 12L)))
        .toList();
  }

  @Override
  public Letters letters(LetterRange range) throws KafkaSilentException {
    KafkaSilentException none = noOrder;
    if (none != null) {
      throw none;
    }
    if (range.partition().orElse(0) > 0) {
      throw new ConfigurationException("Cannot peek into that partition: there is none");
    }
    Map<String, String> headers =
        Map.of(
            "millrace.topic", "in",
            "millrace.partition", "3",
            "millrace.offset", "5",
            "millrace.stage", "lines",
            "millrace.operator", "map",
            "millrace.exception", "java.lang.IllegalStateException",
            "millrace.message", "it is bad",
            "millrace.records", "2",
            "trace", "x");
    return new Letters(
        "letters.errors",
        List.of(
            letter(9, headers, "key", Map.of("range", range.toString())),
            letter(8, Map.of(), null, null)),
        List.of(new Letters.Older(0, 8)));
  }

  private static PeekedRecord letter(
      long offset, Map<String, String> headers, @Nullable Object key, @Nullable Object value) {
    return new PeekedRecord(
        PeekedRecord.Kind.PLAIN,
        "letters.errors",
        0,
        offset,
        NOW.toEpochMilli(),
        headers,
        key,
        value,
        null,
        null);
  }

  @Override
  public PeekedRecords newestRecords(String topic, OptionalInt partition, int limit)
      throws KafkaSilentException {
    NoStatusException none = noStatus;
    if (none != null) {
      throw new KafkaSilentException(String.valueOf(none.getMessage()), none);
    }
    RuntimeException failure = topicFailure;
    if (failure != null) {
      throw failure;
    }
    return new PeekedRecords(
        2,
        true,
        List.of(
            new PeekedRecord(
                PeekedRecord.Kind.PLAIN,
                topic,
                1,
                42,
                NOW.toEpochMilli(),
                Map.of("millrace.stage", "lines"),
                topic + " " + partition + " " + limit,
                Map.of("word", "apple"),
                null,
                null)));
  }

  private String ownerOfOne() {
    String owner = ownerOfOne;
    return owner == null ? instance : owner;
  }

  private JobStatus jobStatus() {
    JobStatus.Instance alive =
        new JobStatus.Instance(
            instance,
            "host",
            42,
            InstanceState.RUNNING,
            "",
            3,
            "2026-01-01T00:00:00Z with exit code 1",
            NOW,
            true,
            Optional.of(Duration.ofSeconds(6)),
            List.of(new JobStatus.Table("rates", "topic", true, 1, 2, 3, 4)),
            Optional.of("http://127.0.0.1:1"));
    JobStatus.Instance failed =
        new JobStatus.Instance(
            "b2",
            "host",
            43,
            InstanceState.FAILED,
            "Cannot read a record",
            0,
            "",
            NOW,
            false,
            Optional.empty(),
            List.of(),
            Optional.empty());
    JobStatus.Stage stage =
        StageStatus.of("letters", "lines")
            .tasks(
                List.of(
                    new JobStatus.Task(0, instance, task, Optional.of(NOW)),
                    new JobStatus.Task(
                        1, ownerOfOne(), JobStatus.Task.State.FINISHED, Optional.of(Instant.MAX))))
            .inputs(
                new JobStatus.Input(
                    "in", 0, OptionalLong.of(30), OptionalLong.of(42), OptionalLong.of(12)),
                new JobStatus.Input(
                    "in", 1, OptionalLong.empty(), OptionalLong.empty(), OptionalLong.empty()),
                new JobStatus.Input(
                    "without-a-task",
                    2,
                    OptionalLong.of(1),
                    OptionalLong.of(1),
                    OptionalLong.of(0)))
            .counters(COUNTERS)
            .awaits(List.of("table"))
            .heldBackBy(List.of("later"))
            .pace(pace)
            .workers(new JobStatus.Worker("a1", 0, JobStatus.Worker.Phase.RUNNING, NOW))
            .build();
    return new JobStatus(
        "letters",
        JobPhase.READY,
        0,
        false,
        false,
        false,
        List.of(),
        stopped,
        Stream.concat(Stream.of(alive, failed), others.stream()).toList(),
        List.of(stage));
  }
}
