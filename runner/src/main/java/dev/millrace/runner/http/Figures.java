package dev.millrace.runner.http;

import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.Map;
import java.util.TreeMap;

/**
 * The figures of one answer, put together by name.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class Figures {

  private final Map<String, CounterSnapshot.Builder> counters = new TreeMap<>();
  private final Map<String, GaugeSnapshot.Builder> gauges = new TreeMap<>();

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
    return all.build();
  }
}
