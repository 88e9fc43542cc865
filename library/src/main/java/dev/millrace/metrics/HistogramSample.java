package dev.millrace.metrics;

import java.util.List;

/**
 * A distribution at one moment, over all values since the instance started.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param metric what it is the distribution of
 * @param labels the values of the metric's labels, in their order
 * @param buckets from the smallest bound to the largest, which is {@link Double#POSITIVE_INFINITY}
 * @param sum the sum of all values in the metric's unit; it may include one value more than the
 *     buckets, or one less
 */
public record HistogramSample(
    Metric metric, List<String> labels, List<Bucket> buckets, double sum) {

  /** Copies the lists. */
  public HistogramSample {
    labels = LabelValues.checked(metric, labels);
    buckets = List.copyOf(buckets);
    if (buckets.isEmpty() || buckets.get(buckets.size() - 1).atMost() != Double.POSITIVE_INFINITY) {
      throw new IllegalArgumentException(
          "Cannot make a sample of " + metric.name() + ": its last bucket has a bound");
    }
  }

  /**
   * {@return the value of one label}
   *
   * @throws IllegalArgumentException if the metric has no such label
   */
  public String label(String name) {
    return LabelValues.value(metric, labels, name);
  }

  /** {@return how many values there were} */
  public long count() {
    return buckets.get(buckets.size() - 1).count();
  }

  /**
   * The number of values up to a bound.
   *
   * @param atMost the bound, in the metric's unit
   * @param count how many values were at most that, those of smaller buckets included
   */
  public record Bucket(double atMost, long count) {}
}
