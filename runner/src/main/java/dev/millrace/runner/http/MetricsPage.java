package dev.millrace.runner.http;

import dev.millrace.admin.InstanceState;
import dev.millrace.metrics.JobMetrics;
import dev.millrace.metrics.SourcePartition;
import dev.millrace.metrics.StageCounters;
import dev.millrace.runner.host.HostedJob;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * The page for Prometheus: the counters of this instance, and of its JVM. It says nothing of other
 * instances, since each of them is asked as well.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
final class MetricsPage {

  /** A counter of a stage. */
  private record Counter(String name, String help, ToDoubleFunction<StageCounters> value) {}

  private static final List<Counter> COUNTERS =
      List.of(
          new Counter(
              "records_in", "Records and shuffle entries processed", StageCounters::recordsIn),
          new Counter(
              "records_out", "Records and shuffle entries written", StageCounters::recordsOut),
          new Counter("frames_out", "Shuffle frames written", StageCounters::framesOut),
          new Counter(
              "watermark_frames_out",
              "Shuffle frames that carry only a watermark",
              StageCounters::watermarkFramesOut),
          new Counter("late_records", "Records that no window took", StageCounters::lateRecords),
          new Counter(
              "late_too_far_ahead",
              "Late records whose time was too far ahead of the clock",
              StageCounters::lateTooFarAhead),
          new Counter(
              "partly_late_records",
              "Records that are missing from some of their windows",
              StageCounters::partlyLateRecords),
          new Counter(
              "records_too_far_ahead",
              "Records of a source whose time was too far ahead of the clock",
              StageCounters::recordsTooFarAhead),
          new Counter("gap_records", "Records between two windows", StageCounters::gapRecords),
          new Counter(
              "skipped_records",
              "Records dropped by the error policy",
              StageCounters::skippedRecords),
          new Counter("dead_letters", "Dead letters written", StageCounters::deadLetters),
          new Counter("retries", "Attempts beyond the first", StageCounters::retries),
          new Counter("commits", "Transactions committed", StageCounters::commits),
          new Counter(
              "commit_seconds",
              "Time spent committing",
              counters -> seconds(counters.commitTime())),
          new Counter("aborts", "Transactions aborted and repeated", StageCounters::aborts),
          new Counter(
              "restored_records",
              "Changelog records replayed when tasks opened",
              StageCounters::restoredRecords),
          new Counter(
              "circuit_openings",
              "How often a circuit breaker opened",
              StageCounters::circuitOpenings),
          new Counter(
              "tombstones", "Records of a source without a value", StageCounters::tombstones),
          new Counter(
              "unmatched_retractions",
              "Rows to be taken out of groups that do not have them",
              StageCounters::unmatchedRetractions),
          new Counter(
              "dividing_commits",
              "Commits amid what one transaction of an earlier stage sent",
              StageCounters::dividingCommits));

  private final HostedJob job;

  MetricsPage(HostedJob job) {
    this.job = job;
  }

  /** Answers all figures as they are now. */
  Answer metrics(Request request) {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    try {
      PrometheusTextFormatWriter.create().write(text, snapshots());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Answer(200, PrometheusTextFormatWriter.CONTENT_TYPE, text.toByteArray(), Map.of());
  }

  private MetricSnapshots snapshots() {
    Figures figures = new Figures();
    JobMetrics metrics = job.metrics();
    for (Counter counter : COUNTERS) {
      metrics
          .stages()
          .forEach(
              (stage, counters) ->
                  figures.counter(
                      "millrace_stage_" + counter.name(),
                      counter.help(),
                      counter.value().applyAsDouble(counters),
                      "job",
                      job.name(),
                      "stage",
                      stage));
    }
    metrics
        .sources()
        .forEach(
            (stage, partitions) ->
                partitions.forEach(partition -> addPartition(figures, stage, partition)));
    addInstance(figures);
    JvmFigures.addTo(figures);
    return figures.all();
  }

  private void addPartition(Figures figures, String stage, SourcePartition partition) {
    String[] labels = {
      "job", job.name(), "partition", Integer.toString(partition.partition()), "stage", stage
    };
    partition
        .lag()
        .ifPresent(
            lag ->
                figures.gauge(
                    "millrace_source_lag_records",
                    "Records between the last fetch and the end of a partition",
                    lag,
                    labels));
    partition
        .watermark()
        .filter(at -> !at.equals(Instant.MAX))
        .ifPresent(
            at -> {
              figures.gauge(
                  "millrace_source_watermark_timestamp_seconds",
                  "The watermark of a partition, since 1970",
                  at.toEpochMilli() / 1e3,
                  labels);
              figures.gauge(
                  "millrace_source_watermark_age_seconds",
                  "How long the watermark of a partition has stood still",
                  seconds(partition.watermarkAge()),
                  labels);
            });
  }

  private void addInstance(Figures figures) {
    InstanceState now = job.state();
    for (InstanceState state : InstanceState.values()) {
      figures.gauge(
          "millrace_instance_state",
          "Whether the instance is in this phase",
          state == now ? 1 : 0,
          "job",
          job.name(),
          "state",
          state.name());
    }
    figures.gauge(
        "millrace_instance_longest_round_seconds",
        "For how long the slowest worker has been in one round of its loop",
        seconds(job.longestRound()),
        "job",
        job.name());
    figures.gauge(
        "millrace_instance_start_time_seconds",
        "When the instance was started, since 1970",
        job.startedAt().toEpochMilli() / 1e3,
        "job",
        job.name());
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }
}
