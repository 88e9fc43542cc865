package dev.millrace.internal.stage;

import static dev.millrace.internal.stage.Measure.Place.STAGE;
import static dev.millrace.internal.stage.Measure.Place.WORKER;
import static dev.millrace.internal.stage.Measure.Stored.NANOS;
import static dev.millrace.internal.stage.Measure.Stored.NUMBER;
import static dev.millrace.metrics.Metric.Kind.COUNTER;
import static dev.millrace.metrics.Metric.Kind.GAUGE;

import dev.millrace.metrics.Metric;
import java.util.List;
import java.util.Locale;

/**
 * The registry of all that is measured: a line here is all that a new counter needs, besides the
 * place that counts. It is then in the metrics of a running job, in the reports of instances, in
 * {@code status -o json} and in whatever exports metrics.
 *
 * <p>Names, here and of the constants, are the same for ever: alerts and reports of other versions
 * go by them. {@code docs/METRICS.md} has a row for each.
 */
public enum Measure {
  // Records.
  RECORDS_IN(COUNTER, STAGE, NUMBER, "records_in_total", "Records and shuffle entries processed."),
  RECORDS_OUT(COUNTER, STAGE, NUMBER, "records_out_total", "Records and shuffle entries written."),
  FRAMES_OUT(COUNTER, STAGE, NUMBER, "frames_out_total", "Shuffle frames written."),
  WATERMARK_FRAMES_OUT(
      COUNTER,
      STAGE,
      NUMBER,
      "watermark_frames_out_total",
      "Shuffle frames written that carry no records, only watermarks."),
  TOMBSTONES(
      COUNTER,
      STAGE,
      NUMBER,
      "tombstones_total",
      "Records of a source that have no value and were passed over."),

  // Records that are in no result, or not in all.
  LATE_RECORDS(
      COUNTER,
      STAGE,
      NUMBER,
      "late_records_total",
      "Records that no window took because they were late, for whatever reason."),
  LATE_TOO_FAR_AHEAD(
      COUNTER,
      STAGE,
      NUMBER,
      "late_records_too_far_ahead_total",
      "Those of the late records whose time was too far ahead of the clock."),
  PARTLY_LATE_RECORDS(
      COUNTER,
      STAGE,
      NUMBER,
      "partly_late_records_total",
      "Records that are in some of their windows and missing from others, which had closed."),
  RECORDS_TOO_FAR_AHEAD(
      COUNTER,
      STAGE,
      NUMBER,
      "records_too_far_ahead_total",
      "Records of a source whose time was too far ahead of the clock; they move no watermark."),
  GAP_RECORDS(
      COUNTER,
      STAGE,
      NUMBER,
      "gap_records_total",
      "Records that belong to no window because their time lies between two."),
  UNMATCHED_RETRACTIONS(
      COUNTER,
      STAGE,
      NUMBER,
      "unmatched_retractions_total",
      "Rows taken out of a group that does not have them, which was ignored."),

  // Errors.
  SKIPPED_RECORDS(
      COUNTER,
      STAGE,
      NUMBER,
      "skipped_records_total",
      "Records dropped by the error policy skip; a partial aggregate counts as all its records."),
  DEAD_LETTERS(
      COUNTER,
      STAGE,
      NUMBER,
      "dead_letters_total",
      "Letters written to the dead-letter topic by the error policy dead-letter."),
  RETRIES(
      COUNTER,
      STAGE,
      NUMBER,
      "retries_total",
      "Attempts to process a record beyond the first, by the error policy retrying and by calls."),
  CIRCUIT_OPENINGS(
      COUNTER,
      STAGE,
      NUMBER,
      "circuit_openings_total",
      "Times that a sink's circuit breaker opened, failed probes included."),

  // Transactions.
  COMMITS(COUNTER, STAGE, NUMBER, "commits_total", "Transactions committed."),
  ABORTS(COUNTER, STAGE, NUMBER, "aborts_total", "Transactions aborted and repeated."),
  DIVIDING_COMMITS(
      COUNTER,
      STAGE,
      NUMBER,
      "dividing_commits_total",
      "Commits amid what one transaction of an earlier stage sent to one partition."),
  COMMIT_TIME(
      COUNTER,
      WORKER,
      NANOS,
      "worker_commit_seconds_total",
      "Time in commits, in which a worker processes no input."),

  // State.
  RESTORED_RECORDS(
      COUNTER,
      STAGE,
      NUMBER,
      "restored_records_total",
      "Changelog records replayed when tasks opened."),
  RESTORE_REMAINING(
      GAUGE,
      STAGE,
      NUMBER,
      "restore_remaining_records",
      "Changelog records still to be replayed before all tasks run.");

  private static final String PREFIX = "millrace_";

  private final Place place;
  private final Stored stored;
  private final Metric metric;
  private final String property;

  Measure(Metric.Kind kind, Place place, Stored stored, String name, String help) {
    this.place = place;
    this.stored = stored;
    this.metric = new Metric(PREFIX + name, kind, stored.unit, help, place.labels);
    this.property = camelCase(name()) + stored.suffix;
  }

  private static String camelCase(String constant) {
    StringBuilder name = new StringBuilder();
    for (String word : constant.toLowerCase(Locale.ROOT).split("_")) {
      name.append(name.isEmpty() ? word.charAt(0) : Character.toUpperCase(word.charAt(0)));
      name.append(word, 1, word.length());
    }
    return name.toString();
  }

  /** {@return the description for users} */
  public Metric metric() {
    return metric;
  }

  /** {@return what it is measured of} */
  public Place place() {
    return place;
  }

  /** {@return the name that it has in reports of instances, and in the status as JSON} */
  public String property() {
    return property;
  }

  /** {@return whether each worker has a value of its own, which it writes} */
  public boolean isOfWorkers() {
    return place == Place.STAGE || place == Place.WORKER;
  }

  /** {@return whether values can be added up over workers and instances} */
  public boolean addsUp() {
    return isOfWorkers() && metric.kind() != Metric.Kind.HISTOGRAM;
  }

  /** {@return a stored value in the metric's unit} */
  public double inUnit(double value) {
    return value / stored.perUnit;
  }

  /** What is measured: it gives samples their labels. */
  public enum Place {
    STAGE("job", "stage"),
    WORKER("job", "stage", "worker");

    private final List<String> labels;

    Place(String... labels) {
      this.labels = List.of(labels);
    }
  }

  /** How values are stored, and written in reports. */
  public enum Stored {
    NUMBER(Metric.Unit.NUMBER, "", 1),
    NANOS(Metric.Unit.SECONDS, "Nanos", 1_000_000_000);

    private final Metric.Unit unit;
    private final String suffix;
    private final double perUnit;

    Stored(Metric.Unit unit, String suffix, double perUnit) {
      this.unit = unit;
      this.suffix = suffix;
      this.perUnit = perUnit;
    }
  }
}
