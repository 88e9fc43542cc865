package dev.millrace.internal.launch;

import dev.millrace.internal.stage.ClientMeasure;
import dev.millrace.internal.stage.Histogram;
import dev.millrace.internal.stage.Measure;
import dev.millrace.metrics.HistogramSample;
import dev.millrace.metrics.HistogramSample.Bucket;
import dev.millrace.metrics.Metric;
import dev.millrace.metrics.MetricSample;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Samples in the making. What several workers or instances measure under the same labels is put
 * together: numbers add up, and of points in time and delays the latest counts.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class Samples {

  private final Map<Measure, Map<List<String>, Double>> values = new EnumMap<>(Measure.class);
  private final Map<ClientMeasure, Map<List<String>, Double>> ofClients =
      new EnumMap<>(ClientMeasure.class);
  private final Map<Measure, Map<List<String>, Distribution>> distributions =
      new EnumMap<>(Measure.class);

  /**
   * Adds a value.
   *
   * @param value as it is stored
   * @param labels values of the measure's labels
   */
  void add(Measure measure, long value, String... labels) {
    values
        .computeIfAbsent(measure, absent -> new LinkedHashMap<>())
        .merge(
            List.of(labels),
            measure.inUnit((double) value),
            measure.isMoment() ? Math::max : Double::sum);
  }

  /**
   * Adds a figure of Kafka's client.
   *
   * @param value in the metric's unit
   * @param labels values of the measure's labels
   */
  void add(ClientMeasure measure, double value, String... labels) {
    ofClients
        .computeIfAbsent(measure, absent -> new LinkedHashMap<>())
        .merge(
            List.of(labels),
            value,
            measure.metric().kind() == Metric.Kind.COUNTER ? Double::sum : Math::max);
  }

  /** Adds a distribution. */
  void add(Measure measure, Histogram histogram, String... labels) {
    distributions
        .computeIfAbsent(measure, absent -> new LinkedHashMap<>())
        .computeIfAbsent(List.of(labels), absent -> new Distribution(histogram.size()))
        .add(histogram);
  }

  /** {@return the counters and gauges, those of one metric one after the other} */
  List<MetricSample> values() {
    List<MetricSample> samples = new ArrayList<>();
    values.forEach((measure, byLabels) -> addTo(samples, measure.metric(), byLabels));
    ofClients.forEach((measure, byLabels) -> addTo(samples, measure.metric(), byLabels));
    return samples;
  }

  private static void addTo(
      List<MetricSample> samples, Metric metric, Map<List<String>, Double> byLabels) {
    byLabels.forEach((labels, value) -> samples.add(new MetricSample(metric, labels, value)));
  }

  /** {@return the histograms, those of one metric one after the other} */
  List<HistogramSample> histograms() {
    List<HistogramSample> samples = new ArrayList<>();
    distributions.forEach(
        (measure, byLabels) ->
            byLabels.forEach((labels, each) -> samples.add(each.sample(measure, labels))));
    return samples;
  }

  /** The sum of histograms of one measure. */
  private static final class Distribution {

    private final double[] bounds;
    private final long[] counts;
    private double sum;

    Distribution(int buckets) {
      this.bounds = new double[buckets];
      this.counts = new long[buckets];
    }

    void add(Histogram histogram) {
      for (int i = 0; i < counts.length; i++) {
        bounds[i] = histogram.bound(i);
        counts[i] += histogram.count(i);
      }
      sum += histogram.sum();
    }

    HistogramSample sample(Measure measure, List<String> labels) {
      Metric metric = measure.metric();
      List<Bucket> buckets = new ArrayList<>(counts.length);
      long below = 0;
      for (int i = 0; i < counts.length; i++) {
        below += counts[i];
        buckets.add(new Bucket(measure.inUnit(bounds[i]), below));
      }
      return new HistogramSample(metric, labels, buckets, measure.inUnit(sum));
    }
  }
}
