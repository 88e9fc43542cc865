package dev.millrace.runner.http;

import dev.millrace.admin.InstanceState;
import dev.millrace.admin.JobStatus;
import dev.millrace.runner.host.Activity;
import dev.millrace.runner.host.HostedJob;
import dev.millrace.runner.host.JobHealth;
import dev.millrace.runner.host.Restarts;
import dev.millrace.runner.host.SeenStatus;
import dev.millrace.runner.output.Version;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The pages for probes, and of what this instance is and does.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
final class InstancePages {

  /** The liveness of the process: whether its threads make progress. */
  private record Live(boolean live, InstanceState state, long longestRoundMs) {}

  /** The readiness of the instance: whether it has its tasks, with their state. */
  private record Ready(boolean ready, InstanceState state) {}

  /** The health of the whole job. */
  private record Health(
      boolean healthy,
      String job,
      JobHealth.Word status,
      Instant asOf,
      int restarts,
      @Nullable Instant lastFailureAt,
      @Nullable String lastFailure) {}

  /** This instance. */
  private record Status(
      String job,
      @Nullable String instance,
      InstanceState state,
      boolean live,
      boolean ready,
      Instant startedAt,
      long uptimeSeconds,
      List<String> stages,
      List<WorkerView> workers,
      @Nullable Double recordsPerSecond,
      long commits,
      @Nullable Instant lastCommitAt,
      long longestRoundMs,
      @Nullable String error,
      int restarts,
      @Nullable Instant lastFailureAt,
      @Nullable String lastFailure,
      String brokers,
      long pid,
      String version,
      String kafkaClient,
      String java) {}

  /** A worker of this instance, and what it does since when. */
  private record WorkerView(
      String stage, int number, JobStatus.Worker.Phase phase, Instant since) {}

  /** The path at which every instance answers for itself. */
  static final String STATUS = "/status";

  private final HostedJob job;
  private final Others others;

  InstancePages(HostedJob job, Others others) {
    this.job = job;
    this.others = others;
  }

  /** Answers whether a restart of the process could help: lag is no reason for one. */
  Answer live(Request request) {
    if (job.state() == InstanceState.FAILED) {
      throw Problem.unavailable("Not alive: the instance has failed");
    }
    Duration round = job.longestRound();
    if (isHung(round)) {
      throw Problem.unavailable(
          "Not alive: a worker has been in one round of its loop for "
              + round.toSeconds()
              + " s, more than "
              + job.longestRoundAllowed().toSeconds()
              + " s. See the threads");
    }
    return Answer.json(new Live(true, job.state(), round.toMillis()));
  }

  private boolean isHung(Duration round) {
    return isAtWork() && round.compareTo(job.longestRoundAllowed()) > 0;
  }

  private boolean isAtWork() {
    return job.state() == InstanceState.STARTING || job.state() == InstanceState.RUNNING;
  }

  /** Answers whether the instance takes part in the work. */
  Answer ready(Request request) {
    InstanceState state = job.state();
    if (!isReady()) {
      throw Problem.unavailable(
          state == InstanceState.STARTING
              ? "Not ready: the instance joins its groups and restores state"
              : "Not ready: the instance has ended, or is about to (" + state + ")");
    }
    return Answer.json(new Ready(true, state));
  }

  private boolean isReady() {
    return job.state() == InstanceState.RUNNING || job.state() == InstanceState.FINISHED;
  }

  /** Answers whether every task of the job runs somewhere. */
  Answer health(Request request) {
    SeenStatus seen = Pages.status(job);
    JobStatus status = seen.status();
    if (!status.isHealthy()) {
      throw Problem.unavailable(
          "Not healthy: " + JobHealth.inWords(status, job.state()) + restarted());
    }
    Restarts restarts = job.restarts();
    return Answer.json(
        new Health(
            true,
            job.name(),
            JobHealth.word(status, job.state()),
            seen.asOf(),
            restarts.count(),
            Pages.orNull(restarts.last().map(Restarts.Failure::at)),
            Pages.orNull(restarts.last().map(Restarts.Failure::reason))));
  }

  private String restarted() {
    Restarts restarts = job.restarts();
    return restarts
        .last()
        .map(
            failure ->
                ". This instance has ended and was started again ("
                    + restarts.count()
                    + " times in all), the last time at "
                    + failure.at()
                    + " "
                    + failure.reason())
        .orElse("");
  }

  /**
   * Answers what an instance is and does: this one, without asking Kafka, if no other is asked for.
   */
  Answer status(Request request) {
    return others.elsewhere(request).orElseGet(() -> Answer.json(own()));
  }

  /** {@return what this instance is and does, as JSON has it} */
  Object own() {
    Activity activity = job.activity();
    Restarts restarts = job.restarts();
    Duration round = job.longestRound();
    return new Status(
        job.name(),
        Pages.orNull(job.instance()),
        job.state(),
        job.state() != InstanceState.FAILED && !isHung(round),
        isReady(),
        job.startedAt(),
        Duration.between(job.startedAt(), Instant.now()).toSeconds(),
        List.copyOf(new TreeSet<>(job.metrics().stages().keySet())),
        workers(),
        Pages.rate(activity.recordsPerSecond()),
        activity.commits(),
        Pages.orNull(activity.lastCommit()),
        round.toMillis(),
        Pages.orNull(job.failure().map(String::valueOf)),
        restarts.count(),
        Pages.orNull(restarts.last().map(Restarts.Failure::at)),
        Pages.orNull(restarts.last().map(Restarts.Failure::reason)),
        job.config().bootstrapServers(),
        ProcessHandle.current().pid(),
        Version.ofMillrace(),
        Version.ofKafkaClient(),
        Version.ofJava());
  }

  private List<WorkerView> workers() {
    List<WorkerView> workers = new ArrayList<>();
    new TreeMap<>(job.workers())
        .forEach(
            (stage, list) ->
                list.forEach(
                    worker ->
                        workers.add(
                            new WorkerView(
                                stage, worker.number(), worker.phase(), worker.since()))));
    return workers;
  }
}
