package dev.millrace.sidebyside.driver;

import dev.millrace.sidebyside.engine.Goal;
import dev.millrace.sidebyside.engine.PatternJob;
import dev.millrace.sidebyside.engine.Query;
import dev.millrace.sidebyside.engine.WordJob;
import dev.millrace.sidebyside.engine.Workload;
import dev.millrace.sidebyside.figures.Metric;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The suites of measurements. */
enum Suite {
  /** Running counts of words, of which few are frequent, as natural words are. */
  WORDCOUNT(Goal.THROUGHPUT, 30_000_000, 100_000, 0, WordJob.RUNNING_COUNT),
  /** Running counts of many keys that are equally frequent. */
  KEYS(Goal.THROUGHPUT, 10_000_000, 5_000_000, 0, WordJob.RUNNING_COUNT),
  /** Final counts of windows. */
  WINDOWS(Goal.THROUGHPUT, 20_000_000, 10_000, 0, WordJob.WINDOW_COUNT),
  /** A pattern of three payments, among those of each card. */
  PATTERNS(Goal.THROUGHPUT, 10_000_000, 1_000_000, 0, PatternJob.CARD_FRAUD),
  /** What records cost as running counts have more partitions, or more shuffles. */
  SCALING(Goal.THROUGHPUT, 20_000_000, 100_000, 0, WordJob.RUNNING_COUNT),
  /** Queries of Nexmark. */
  NEXMARK(Goal.THROUGHPUT, 10_000_000, 0, 50_000, Query.values()),
  /** How long running counts take to be seen, at a steady rate. */
  LATENCY(Goal.LATENCY, 0, 100_000, 10_000, WordJob.RUNNING_COUNT),
  /** What running counts cost that have hardly anything to do. */
  IDLE(Goal.LATENCY, 0, 100_000, 10, WordJob.RUNNING_COUNT),
  /** How long they take to be seen again after {@code kill -9}. */
  RECOVERY(Goal.RECOVERY, 0, 2_000_000, 10_000, WordJob.RUNNING_COUNT);

  private final Goal goal;
  private final int records;
  private final int keys;
  private final int rate;

  @SuppressWarnings("ImmutableEnumChecker") // a list of enums that is not changed
  private final List<Workload> workloads;

  Suite(Goal goal, int records, int keys, int rate, Workload... workloads) {
    this.goal = goal;
    this.records = records;
    this.keys = keys;
    this.rate = rate;
    this.workloads = List.of(workloads);
  }

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** {@return what engines compute, in turn} */
  List<Workload> workloads() {
    return workloads;
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

  /**
   * {@return records per second, unless another number is asked for: of the clock, or of event time
   * if they are there from the start and have one that depends on it}
   */
  int rate() {
    return rate;
  }

  /** {@return whether it is of use to know what a bare consumer of the same records takes} */
  boolean hasBareConsumer() {
    return goal == Goal.THROUGHPUT || this == IDLE;
  }

  /**
   * {@return how many seconds warm an engine up before it counts, unless another number is asked
   * for: on two processors compilers take 30 to 40 s to be done with any of these engines}
   */
  int warmUpSeconds() {
    return goal == Goal.LATENCY ? 60 : 30;
  }

  /** {@return what a chart and a short table show} */
  List<Metric> headline() {
    if (this == SCALING) {
      return List.of(Metric.CPU_MICROS);
    }
    if (this == IDLE) {
      return List.of(Metric.ENGINE_CORES, Metric.BROKER_CORES);
    }
    return switch (goal) {
      case THROUGHPUT -> List.of(Metric.RATE);
      case LATENCY -> List.of(Metric.P50_MS, Metric.P99_MS);
      case RECOVERY -> List.of(Metric.FIRST_RESULT_SECONDS, Metric.CAUGHT_UP_SECONDS);
    };
  }

  /** {@return how many different words or cards there are, unless another number is asked for} */
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
