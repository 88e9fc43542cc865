package dev.millrace.metrics;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The counts of one instance in one stage since it started, and those of its present figures that
 * can be added up, such as rows of state.
 *
 * <p>They are under the names that they have in {@code runner.jar status -o json}; see {@code
 * docs/METRICS.md}. The most common ones have a method.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param values each by its name; times in nanoseconds
 */
public record StageCounters(Map<String, Long> values) {

  /** Nothing counted. */
  public static final StageCounters NONE = new StageCounters(Map.of());

  /** Copies the map, and keeps its order. */
  public StageCounters {
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }

  /** {@return the value of a name; 0 if there is none} */
  public long value(String name) {
    return values.getOrDefault(name, 0L);
  }

  /** {@return the sum of both} */
  public StageCounters plus(StageCounters other) {
    Map<String, Long> sums = new LinkedHashMap<>(values);
    other.values.forEach((name, value) -> sums.merge(name, value, Long::sum));
    return new StageCounters(sums);
  }

  /** {@return records and shuffle entries processed} */
  public long recordsIn() {
    return value("recordsIn");
  }

  /** {@return records and shuffle entries written} */
  public long recordsOut() {
    return value("recordsOut");
  }

  /** {@return shuffle frames written} */
  public long framesOut() {
    return value("framesOut");
  }

  /** {@return those of them that carry no records and only carry the watermark} */
  public long watermarkFramesOut() {
    return value("watermarkFramesOut");
  }

  /** {@return records that no window took because they were late, for whatever reason} */
  public long lateRecords() {
    return value("lateRecords");
  }

  /** {@return those of them whose time was too far ahead of the clock} */
  public long lateTooFarAhead() {
    return value("lateTooFarAhead");
  }

  /**
   * {@return records that came in time for some of their windows and are missing from others, which
   * had closed; they are not among the late ones}
   */
  public long partlyLateRecords() {
    return value("partlyLateRecords");
  }

  /**
   * {@return records of a source whose time was too far ahead of the clock; they move no watermark}
   */
  public long recordsTooFarAhead() {
    return value("recordsTooFarAhead");
  }

  /** {@return records that belong to no window because their time lies between two} */
  public long gapRecords() {
    return value("gapRecords");
  }

  /**
   * {@return records dropped by the error policy; a partial aggregate counts as all its records}
   */
  public long skippedRecords() {
    return value("skippedRecords");
  }

  /**
   * {@return letters written to the dead-letter topic, also those in several parts; a partial
   * aggregate is one, and its header {@code millrace.records} has the number of its records}
   */
  public long deadLetters() {
    return value("deadLetters");
  }

  /** {@return attempts beyond the first} */
  public long retries() {
    return value("retries");
  }

  /** {@return transactions committed} */
  public long commits() {
    return value("commits");
  }

  /** {@return transactions aborted and repeated} */
  public long aborts() {
    return value("aborts");
  }

  /** {@return changelog records replayed when tasks opened} */
  public long restoredRecords() {
    return value("restoredRecords");
  }

  /** {@return time spent committing} */
  public Duration commitTime() {
    return Duration.ofNanos(value("commitTimeNanos"));
  }

  /** {@return how often a circuit breaker opened, a failed probe included} */
  public long circuitOpenings() {
    return value("circuitOpenings");
  }

  /** {@return records of a source that have no value and were passed over} */
  public long tombstones() {
    return value("tombstones");
  }

  /**
   * {@return rows that were to be taken out of a group that does not have them, which was ignored;
   * more than 0 if a function is not deterministic, or fails on a row that it was given before}
   */
  public long unmatchedRetractions() {
    return value("unmatchedRetractions");
  }

  /**
   * {@return commits that divided what one transaction of an earlier stage sent to one partition:
   * readers saw a part of it for a moment}
   */
  public long dividingCommits() {
    return value("dividingCommits");
  }

  /** {@return what is not 0, for people} */
  @Override
  public String toString() {
    return values.entrySet().stream()
        .filter(each -> each.getValue() != 0)
        .map(each -> each.getKey() + "=" + each.getValue())
        .collect(Collectors.joining(", ", "StageCounters[", "]"));
  }
}
