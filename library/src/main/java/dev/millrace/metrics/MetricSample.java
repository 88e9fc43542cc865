package dev.millrace.metrics;

import java.util.List;

/**
 * The value of a counter or gauge at one moment.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param metric what it is a value of
 * @param labels the values of the metric's labels, in their order
 * @param value the value in the metric's unit
 */
public record MetricSample(Metric metric, List<String> labels, double value) {

  /** Copies the list. */
  public MetricSample {
    labels = LabelValues.checked(metric, labels);
  }

  /**
   * {@return the value of one label}
   *
   * @throws IllegalArgumentException if the metric has no such label
   */
  public String label(String name) {
    return LabelValues.value(metric, labels, name);
  }
}
