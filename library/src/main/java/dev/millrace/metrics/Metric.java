package dev.millrace.metrics;

import java.util.List;

/**
 * The description of something that is measured.
 *
 * <p>Names, units and labels follow the conventions of Prometheus: the name begins with {@code
 * millrace_}, or with {@code kafka_} for what Kafka's clients measure themselves, and ends with the
 * unit, if there is one, and with {@code _total} for a counter. All metrics are listed in {@code
 * docs/METRICS.md}.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param name its name, such as {@code millrace_records_in_total}; the same for ever
 * @param kind how its values behave
 * @param unit what its values count
 * @param help what it measures, in a sentence
 * @param labels the names of the labels that distinguish its samples, such as {@code job} and
 *     {@code stage}; each sample has a value for each of them
 */
public record Metric(String name, Kind kind, Unit unit, String help, List<String> labels) {

  /** Copies the list. */
  public Metric {
    labels = List.copyOf(labels);
  }

  /** The behaviour of a metric's values. */
  public enum Kind {
    /** A number that only grows, from 0 when the instance starts. */
    COUNTER,
    /** A number that goes up and down. */
    GAUGE,
    /** A distribution: how many values there were up to each of several bounds, and their sum. */
    HISTOGRAM
  }

  /** The unit of a metric's values. */
  public enum Unit {
    /** What the name contains, such as records. */
    NUMBER,
    /** Bytes. */
    BYTES,
    /** Seconds; of a {@code _timestamp_seconds}, those since the epoch. */
    SECONDS
  }
}
