package dev.millrace.runner.http;

import dev.millrace.admin.InstanceState;
import dev.millrace.metrics.JobMetrics;
import dev.millrace.runner.host.HostedJob;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Map;

/**
 * The page for Prometheus: all that this instance measures, and its JVM. It says nothing of other
 * instances, since each of them is asked as well.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
final class MetricsPage {

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
    metrics.samples().forEach(figures::add);
    metrics.histograms().forEach(figures::add);
    addInstance(figures);
    JvmFigures.addTo(figures);
    return figures.all();
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
