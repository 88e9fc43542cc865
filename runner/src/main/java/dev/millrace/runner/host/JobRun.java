package dev.millrace.runner.host;

import dev.millrace.Job;
import dev.millrace.JobPlan;
import dev.millrace.Millrace;
import dev.millrace.RunningJob;
import dev.millrace.admin.InstanceState;
import dev.millrace.admin.JobStatus;
import dev.millrace.config.JobConfig;
import dev.millrace.config.KafkaClientKind;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.Place;
import dev.millrace.error.StateUnavailableException;
import dev.millrace.metrics.JobMetrics;
import dev.millrace.query.StateQuery;
import dev.millrace.query.StateStoreInfo;
import dev.millrace.query.TaskCheckpoint;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The run of a job in this process, from before its start until it has ended.
 *
 * <p><b>Contract.</b> {@link #start}, then {@link #awaitEnd} over and over until it returns true:
 * each call also takes the instance's pace. May be looked at as a {@link HostedJob} before the
 * start, too.
 *
 * <p><b>Threads.</b> {@link #start} and {@link #awaitEnd} are confined to one thread, the rest is
 * safe for any.
 */
public final class JobRun implements HostedJob, AutoCloseable {

  private static final JobMetrics NOTHING =
      new JobMetrics(Map.of(), Map.of(), List.of(), List.of());
  private static final int POLL_INTERVALS_OF_A_ROUND = 5;
  private static final String POLL_INTERVAL = "max.poll.interval.ms";
  private static final Duration DEFAULT_POLL_INTERVAL = Duration.ofMinutes(1);

  private final Job job;
  private final JobConfig config;
  private final JobPlan plan;
  private final Instant startedAt = Instant.now();
  private final Duration longestRoundAllowed;
  private final StatusCache statuses;
  private final KafkaAccess kafka;
  private final ActivityMeter meter = new ActivityMeter();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Supplier<Restarts> restarts;
  private volatile @Nullable RunningJob running;
  private volatile boolean waits;

  private JobRun(Job job, JobConfig config, Supplier<Restarts> restarts) {
    this.restarts = restarts;
    this.job = job;
    this.config = config;
    this.plan = Millrace.plan(job, config);
    this.longestRoundAllowed = pollInterval(config).multipliedBy(POLL_INTERVALS_OF_A_ROUND);
    this.kafka = new KafkaAccess(config);
    this.statuses = new StatusCache(() -> kafka.admin().status(job.name()));
  }

  /**
   * {@return a run that is not started, and has no supervisor}
   *
   * @throws dev.millrace.error.ConfigurationException if the job or its settings are wrong
   */
  public static JobRun of(Job job, JobConfig config) {
    return of(job, config, () -> Restarts.NONE);
  }

  /**
   * {@return a run that is not started}
   *
   * @param restarts how often a supervisor has started this instance again
   * @throws dev.millrace.error.ConfigurationException if the job or its settings are wrong
   */
  public static JobRun of(Job job, JobConfig config, Supplier<Restarts> restarts) {
    return new JobRun(job, config, restarts);
  }

  private static Duration pollInterval(JobConfig config) {
    String set = config.kafkaSettings(KafkaClientKind.CONSUMER).get(POLL_INTERVAL);
    try {
      return set == null ? DEFAULT_POLL_INTERVAL : Duration.ofMillis(Long.parseLong(set));
    } catch (NumberFormatException e) {
      // Kafka's client reports it itself when the job starts.
      return DEFAULT_POLL_INTERVAL;
    }
  }

  /**
   * Starts the job; returns when it is at work.
   *
   * @param http where other instances ask this one; empty if nowhere
   * @throws dev.millrace.error.JobStoppedException if the job is stopped by order; {@link
   *     #awaitStartOrder} waits for the end of that
   */
  public RunningJob start(Optional<URI> http) {
    RunningJob started =
        Millrace.start(job, config.with("http.advertised", http.map(URI::toString).orElse("")));
    Restarts before = restarts();
    started.noteRestarts(before.count(), before.lastInWords());
    running = started;
    if (closed.getCount() == 0) {
      started.close(); // It was too late for that when this was closed.
    }
    return started;
  }

  /** Waits for the end, but not longer than that; returns whether it has come. */
  public boolean awaitEnd(RunningJob started, Duration atMost) throws InterruptedException {
    boolean ended = started.awaitTermination(atMost);
    meter.look(started.metrics(), System.nanoTime(), Instant.now());
    return ended;
  }

  /** {@return whether the run, which has ended, did so because the job was stopped by order} */
  public boolean wasStopped(RunningJob ended) {
    return ended.state() == InstanceState.STOPPED && closed.getCount() > 0;
  }

  /**
   * Waits until the job is not stopped by order any more; returns false if this is closed first.
   * Meanwhile the instance counts as stopped.
   */
  public boolean awaitStartOrder() throws InterruptedException {
    waits = true;
    do {
      if (closed.await(1, TimeUnit.SECONDS)) {
        return false;
      }
    } while (isStopped());
    running = null;
    waits = false;
    return true;
  }

  private boolean isStopped() {
    try {
      return statuses.get().status().stopped();
    } catch (NoStatusException e) {
      // A job that is gone, with its orders, is begun anew as at any other start.
      return !(e.getCause() instanceof ConfigurationException);
    }
  }

  @Override
  public String name() {
    return job.name();
  }

  @Override
  public JobConfig config() {
    return config;
  }

  @Override
  public JobPlan plan() {
    return plan;
  }

  @Override
  public Instant startedAt() {
    return startedAt;
  }

  @Override
  public Optional<String> instance() {
    return Optional.ofNullable(running).map(RunningJob::instanceId);
  }

  @Override
  public InstanceState state() {
    RunningJob started = running;
    if (waits) {
      return InstanceState.STOPPED;
    }
    return started == null ? InstanceState.STARTING : started.state();
  }

  @Override
  public Optional<Throwable> failure() {
    return Optional.ofNullable(running).flatMap(RunningJob::failure);
  }

  @Override
  public Restarts restarts() {
    return restarts.get();
  }

  @Override
  public Map<String, List<JobStatus.Worker>> workers() {
    RunningJob started = running;
    return started == null ? Map.of() : started.workers();
  }

  @Override
  public Duration longestRound() {
    RunningJob started = running;
    return started == null ? Duration.ZERO : started.longestRound();
  }

  @Override
  public Duration longestRoundAllowed() {
    return longestRoundAllowed;
  }

  @Override
  public JobMetrics metrics() {
    RunningJob started = running;
    return started == null ? NOTHING : started.metrics();
  }

  @Override
  public Activity activity() {
    return meter.activity();
  }

  @Override
  public SeenStatus status() throws NoStatusException {
    return statuses.get();
  }

  @Override
  public void order(JobOrder order, Optional<String> source) throws KafkaSilentException {
    Boolean ignored =
        kafka.order(
            "give the order",
            admin -> {
              order.give(admin, job.name(), source);
              return Boolean.TRUE;
            });
  }

  @Override
  public List<StateStoreInfo> stores() {
    return started().stores();
  }

  @Override
  public StateQuery<String, String> query(String store) {
    return started().queryJson(store);
  }

  @Override
  public List<TaskCheckpoint> checkpoint(Duration atMost) {
    return started().checkpoint(atMost);
  }

  private RunningJob started() {
    RunningJob started = running;
    if (started == null) {
      throw new StateUnavailableException(
          "Cannot read the state of job '"
              + job.name()
              + "': this instance has not started. Ask the others, or again in a while",
          StateUnavailableException.Reason.STOPPED,
          Place.ofJob(job.name()),
          Duration.ofSeconds(1));
    }
    return started;
  }

  @Override
  public Letters letters(LetterRange range) throws KafkaSilentException {
    String topic = config.errorsTopic().orElse(job.name() + ".errors");
    return kafka.read(
        "read the dead letters", topics -> new LetterReader(topics, topic).read(range));
  }

  @Override
  public PeekedRecords newestRecords(String topic, OptionalInt partition, int limit)
      throws KafkaSilentException {
    return kafka.read(
        "read topic " + topic, topics -> new TopicReader(topics, topic).newest(partition, limit));
  }

  /** Stops the job in good order, if it was started and has not ended. */
  @Override
  public void close() {
    closed.countDown();
    try {
      RunningJob started = running;
      if (started != null) {
        started.close();
      }
    } finally {
      statuses.close();
      kafka.close();
    }
  }
}
