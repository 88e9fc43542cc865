package dev.millrace.runner.http;

import dev.millrace.admin.JobStatus;
import dev.millrace.metrics.StageCounters;
import dev.millrace.runner.host.HostedJob;
import dev.millrace.runner.host.JobHealth;
import dev.millrace.runner.host.SeenStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The job in the words of other stream processors: a pipeline that processes events.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
final class PipelinePages {

  private record Pipelines(List<Pipeline> pipelines) {}

  /** A pipeline, which is a job. */
  private record Pipeline(String id, JobHealth.Word status, List<String> stages, String stats) {}

  /** The figures of a pipeline, over all instances since they started. */
  private record Stats(
      String id,
      JobHealth.Word status,
      Instant asOf,
      long uptimeSeconds,
      int instances,
      long eventsProcessed,
      long eventsEmitted,
      @Nullable Double eventsPerSecond,
      long eventsLate,
      long eventsFailed,
      long eventsRetried,
      long lag,
      @Nullable Instant watermark,
      @Nullable Double watermarkLagSeconds,
      long checkpoints,
      @Nullable Instant lastCheckpointAt) {}

  private final HostedJob job;
  private final JobPages jobs;

  PipelinePages(HostedJob job, JobPages jobs) {
    this.job = job;
    this.jobs = jobs;
  }

  /** Answers which pipelines run here. */
  Answer list(Request request) {
    JobStatus status = Pages.status(job).status();
    return Answer.json(
        new Pipelines(
            List.of(
                new Pipeline(
                    job.name(),
                    JobHealth.word(status, job.state()),
                    status.stages().stream().map(JobStatus.Stage::name).toList(),
                    "/pipelines/" + job.name() + "/stats"))));
  }

  /** Answers what a pipeline has done. */
  Answer stats(Request request) {
    Pages.checkJob(job, request);
    SeenStatus seen = Pages.status(job);
    JobStatus status = seen.status();
    StageCounters all =
        status.stages().stream()
            .map(JobStatus.Stage::counters)
            .reduce(StageCounters.NONE, StageCounters::plus);
    Optional<Instant> watermark = watermark(status);
    return Answer.json(
        new Stats(
            job.name(),
            JobHealth.word(status, job.state()),
            seen.asOf(),
            Duration.between(job.startedAt(), seen.asOf()).toSeconds(),
            status.aliveInstances().size(),
            status.stages().stream()
                .filter(JobStatus.Stage::isSource)
                .mapToLong(stage -> stage.counters().recordsIn())
                .sum(),
            all.recordsOut(),
            Pages.rate(seen.recordsPerSecond()),
            all.lateRecords(),
            all.skippedRecords() + all.deadLetters(),
            all.value("retries"),
            status.totalLag(),
            watermark.orElse(null),
            watermark
                .map(time -> Duration.between(time, seen.asOf()).toMillis() / 1e3)
                .orElse(null),
            all.commits(),
            jobs.lastCommit(request, seen).orElse(null)));
  }

  /**
   * {@return the event time of the slowest stage that has one; empty if none has, or it has ended}
   */
  private static Optional<Instant> watermark(JobStatus status) {
    return status.stages().stream()
        .flatMap(stage -> StageTime.of(stage).stream())
        .min(Comparator.naturalOrder())
        .filter(time -> !time.equals(Instant.MAX));
  }
}
