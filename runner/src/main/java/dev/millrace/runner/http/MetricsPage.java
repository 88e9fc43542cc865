package dev.millrace.runner.http;

import dev.millrace.admin.InstanceState;
import dev.millrace.metrics.HistogramSample;
import dev.millrace.metrics.JobMetrics;
import dev.millrace.metrics.Metric;
import dev.millrace.metrics.MetricSample;
import dev.millrace.runner.host.HostedJob;
import dev.millrace.runner.output.Version;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * The page for Prometheus: all that this instance measures, and its JVM. It has nothing of other
 * instances, since each of them is asked as well.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
final class MetricsPage {

  /** What operators of other stream processors look for, by what it is here. */
  private static final Map<String, String> NAMES_OF_OTHERS =
      Map.of(
          "millrace_records_in_total", "stream_events_processed_total",
          "millrace_record_latency_seconds", "stream_processing_duration_seconds",
          "millrace_open_windows", "stream_active_windows",
          "millrace_watermark_lag_seconds", "stream_watermark_lag_seconds");

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
    for (MetricSample sample : metrics.samples()) {
      figures.add(sample);
      renamed(sample.metric())
          .ifPresent(
              other -> figures.add(new MetricSample(other, sample.labels(), sample.value())));
    }
    for (HistogramSample sample : metrics.histograms()) {
      figures.add(sample);
      renamed(sample.metric())
          .ifPresent(
              other ->
                  figures.add(
                      new HistogramSample(other, sample.labels(), sample.buckets(), sample.sum())));
    }
    addInstance(figures);
    JvmFigures.addTo(figures);
    return figures.all();
  }

  /** {@return a metric under the name that others have for it, if they have one} */
  private static Optional<Metric> renamed(Metric metric) {
    return Optional.ofNullable(NAMES_OF_OTHERS.get(metric.name()))
        .map(
            name -> new Metric(name, metric.kind(), metric.unit(), metric.help(), metric.labels()));
  }

  private void addInstance(Figures figures) {
    job.instance()
        .ifPresent(
            id ->
                figures.gauge(
                    "millrace_instance_info",
                    "The instance and the version of Millrace",
                    1,
                    "job",
                    job.name(),
                    "id",
                    id,
                    "version",
                    Version.ofMillrace()));
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
