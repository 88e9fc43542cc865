package dev.millrace.sidebyside.figures;

import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * The measurements of one run.
 *
 * @param engine the engine, and whose settings it ran with
 * @param round the round, from 1
 * @param figures what was measured; what could not be is absent
 * @param outcome whether the results were as they should be
 * @param remarks what a reader has to know about this run
 */
public record Measurement(
    String engine, int round, Map<Metric, Double> figures, Outcome outcome, List<String> remarks) {

  /** Copies its parts. */
  public Measurement {
    EnumMap<Metric, Double> copy = new EnumMap<>(Metric.class);
    copy.putAll(figures);
    figures = Collections.unmodifiableMap(copy);
    remarks = List.copyOf(remarks);
  }

  /** The outcome of a run. */
  public enum Outcome {
    /** With the results it should have. */
    EQUAL,
    /** With other results. */
    DIFFERENT,
    /** With less than all results, or none. */
    FAILED,
    /** Without results, which are not its purpose. */
    NOTHING_TO_COMPARE
  }
}
