package dev.millrace.runner.http;

import dev.millrace.metrics.HistogramSample;
import dev.millrace.metrics.Metric;
import dev.millrace.metrics.MetricSample;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The figures of one answer, put together by name.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class Figures {

  private static final String TOTAL = "_total";

  private final Map<String, CounterSnapshot.Builder> counters = new TreeMap<>();
  private final Map<String, GaugeSnapshot.Builder> gauges = new TreeMap<>();
  private final Map<String, HistogramSnapshot.Builder> histograms = new TreeMap<>();

  /** Adds a value of the job. */
  void add(MetricSample sample) {
    Metric metric = sample.metric();
    String[] labels = labels(metric, sample.labels());
    if (metric.kind() == Metric.Kind.COUNTER) {
      counter(withoutTotal(metric.name()), metric.help(), sample.value(), labels);
    } else {
      gauge(metric.name(), metric.help(), sample.value(), labels);
    }
  }

  /** The format adds the ending itself. */
  private static String withoutTotal(String name) {
    return name.endsWith(TOTAL) ? name.substring(0, name.length() - TOTAL.length()) : name;
  }

  /** Adds a distribution of the job. */
  void add(HistogramSample sample) {
    Metric metric = sample.metric();
    List<Double> bounds = new ArrayList<>();
    List<Long> counts = new ArrayList<>();
    long below = 0;
    for (HistogramSample.Bucket bucket : sample.buckets()) {
      bounds.add(bucket.atMost());
      counts.add(bucket.count() - below);
      below = bucket.count();
    }
    HistogramSnapshot.Builder ignored =
        histograms
            .computeIfAbsent(
                metric.name(), key -> HistogramSnapshot.builder().name(key).help(metric.help()))
            .dataPoint(
                HistogramDataPointSnapshot.builder()
                    .classicHistogramBuckets(ClassicHistogramBuckets.of(bounds, counts))
                    .sum(sample.sum())
                    .labels(Labels.of(labels(metric, sample.labels())))
                    .build());
  }

  private static String[] labels(Metric metric, List<String> values) {
    String[] labels = new String[values.size() * 2];
    for (int i = 0; i < values.size(); i++) {
      labels[2 * i] = metric.labels().get(i);
      labels[2 * i + 1] = values.get(i);
    }
    return labels;
  }

  /** Adds what only grows; its name gets {@code _total} at its end. */
  void counter(String name, String help, double value, String... labels) {
    CounterSnapshot.Builder ignored =
        counters
            .computeIfAbsent(name, key -> CounterSnapshot.builder().name(key).help(help))
            .dataPoint(
                CounterDataPointSnapshot.builder().value(value).labels(Labels.of(labels)).build());
  }

  /** Adds what comes and goes. */
  void gauge(String name, String help, double value, String... labels) {
    GaugeSnapshot.Builder ignored =
        gauges
            .computeIfAbsent(name, key -> GaugeSnapshot.builder().name(key).help(help))
            .dataPoint(
                GaugeDataPointSnapshot.builder().value(value).labels(Labels.of(labels)).build());
  }

  /** {@return all that was added} */
  MetricSnapshots all() {
    MetricSnapshots.Builder all = MetricSnapshots.builder();
    counters.values().forEach(counter -> all.metricSnapshot(counter.build()));
    gauges.values().forEach(gauge -> all.metricSnapshot(gauge.build()));
    histograms.values().forEach(histogram -> all.metricSnapshot(histogram.build()));
    return all.build();
  }
}
