package dev.millrace.sidebyside.figures;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;

/**
 * The runs of one engine.
 *
 * @param engine the engine, and whose settings it ran with
 * @param runs its runs, in the order of their rounds
 */
public record Summary(String engine, List<Measurement> runs) {

  /** Copies the list. */
  public Summary {
    runs = List.copyOf(runs);
  }

  /** {@return one summary per engine, in the order of their first runs} */
  public static List<Summary> of(List<Measurement> measurements) {
    return measurements.stream()
        .map(Measurement::engine)
        .distinct()
        .map(
            engine ->
                new Summary(
                    engine, measurements.stream().filter(m -> m.engine().equals(engine)).toList()))
        .toList();
  }

  /** {@return the median over runs that did not fail; of two values in the middle, their mean} */
  public OptionalDouble median(Metric metric) {
    double[] sorted = values(metric);
    if (sorted.length == 0) {
      return OptionalDouble.empty();
    }
    int middle = sorted.length / 2;
    return OptionalDouble.of(
        sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2);
  }

  /** {@return the values of runs that did not fail, sorted} */
  public double[] values(Metric metric) {
    double[] values =
        runs.stream()
            .filter(run -> run.outcome() != Measurement.Outcome.FAILED)
            .filter(run -> run.figures().containsKey(metric))
            .mapToDouble(run -> run.figures().getOrDefault(metric, 0.0))
            .toArray();
    Arrays.sort(values);
    return values;
  }

  /** {@return in words, how the runs ended} */
  public String outcome() {
    return runs.stream().allMatch(run -> run.outcome() == Measurement.Outcome.EQUAL)
        ? "equal"
        : runs.stream().allMatch(run -> run.outcome() == Measurement.Outcome.NOTHING_TO_COMPARE)
            ? ""
            : runs.stream().filter(run -> run.outcome() == Measurement.Outcome.EQUAL).count()
                + " of "
                + runs.size()
                + " equal";
  }
}
