package dev.millrace.sidebyside.driver;

import dev.millrace.sidebyside.engine.Goal;
import dev.millrace.sidebyside.engine.Workload;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What can be measured. */
enum Suite {
  /** Running counts of words, of which few are frequent, as natural words are. */
  WORDCOUNT(Workload.RUNNING_COUNT, Goal.THROUGHPUT, 15_000_000, 100_000),
  /** Running counts of many keys that are equally frequent. */
  KEYS(Workload.RUNNING_COUNT, Goal.THROUGHPUT, 10_000_000, 5_000_000),
  /** Final counts of windows. */
  WINDOWS(Workload.WINDOW_COUNT, Goal.THROUGHPUT, 6_000_000, 10_000),
  /** How long running counts take to be seen, at a steady rate. */
  LATENCY(Workload.RUNNING_COUNT, Goal.LATENCY, 0, 100_000),
  /** How long they take to be seen again after {@code kill -9}. */
  RECOVERY(Workload.RUNNING_COUNT, Goal.RECOVERY, 0, 2_000_000);

  private final Workload workload;
  private final Goal goal;
  private final int records;
  private final int keys;

  Suite(Workload workload, Goal goal, int records, int keys) {
    this.workload = workload;
    this.goal = goal;
    this.records = records;
    this.keys = keys;
  }

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  Workload workload() {
    return workload;
  }

  Goal goal() {
    return goal;
  }

  /**
   * {@return how many records are there from the start, unless another number is asked for; 0 if
   * they come at a rate}
   */
  int records() {
    return records;
  }

  /** {@return how many different words there are, unless another number is asked for} */
  int keys() {
    return keys;
  }

  static Suite named(String label) {
    return Arrays.stream(values())
        .filter(suite -> suite.label().equals(label))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Cannot run the suite: there is none of that name (suite="
                        + label
                        + "). Choose from "
                        + Arrays.stream(values())
                            .map(Suite::label)
                            .collect(Collectors.joining(", "))
                        + "."));
  }
}
