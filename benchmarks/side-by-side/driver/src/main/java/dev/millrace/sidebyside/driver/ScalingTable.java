package dev.millrace.sidebyside.driver;

import dev.millrace.sidebyside.figures.Metric;
import dev.millrace.sidebyside.figures.Summary;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The table of what a record costs with more partitions beside what it costs with the fewest, and
 * of what one more shuffle costs.
 */
final class ScalingTable {

  private ScalingTable() {}

  /**
   * {@return a section of a page; empty if nothing can be compared}
   *
   * @param contenders each with its variant, in order
   * @param summaries of those that have run
   */
  static String markdown(List<Contender> contenders, List<Summary> summaries) {
    Map<String, Summary> byLabel =
        summaries.stream().collect(Collectors.toMap(Summary::engine, Function.identity()));
    List<String> lines = new ArrayList<>();
    for (Contender contender : contenders) {
      Variant variant = contender.variant();
      contenders.stream()
          .filter(other -> other.rowLabel().equals(contender.rowLabel()))
          .filter(other -> isBase(other.variant(), variant))
          .findFirst()
          .ifPresent(base -> compare(contender, base, byLabel, lines));
    }
    return lines.isEmpty()
        ? ""
        : "\n## What more of them cost\n\n"
            + "| engine | both, µs/record | before | difference, µs | difference, % |\n"
            + "|---|---|---|---|---|\n"
            + String.join("", lines);
  }

  /** More partitions are compared with the fewest, shuffles with those of one less. */
  private static boolean isBase(Variant base, Variant variant) {
    return variant.shuffles() > base.shuffles()
        ? base.partitions() == variant.partitions() && base.shuffles() == variant.shuffles() - 1
        : base.shuffles() == variant.shuffles() && base.partitions() < variant.partitions();
  }

  private static void compare(
      Contender contender, Contender base, Map<String, Summary> byLabel, List<String> lines) {
    OptionalDouble cost = cost(contender, byLabel);
    OptionalDouble before = cost(base, byLabel);
    if (cost.isPresent() && before.isPresent()) {
      double difference = cost.getAsDouble() - before.getAsDouble();
      lines.add(
          String.format(
              Locale.ROOT,
              "| %s | %.2f | %.2f | %+.2f | %+.0f |%n",
              contender.label(),
              cost.getAsDouble(),
              before.getAsDouble(),
              difference,
              100 * difference / before.getAsDouble()));
    }
  }

  private static OptionalDouble cost(Contender contender, Map<String, Summary> byLabel) {
    Summary summary = byLabel.get(contender.label());
    return summary == null ? OptionalDouble.empty() : summary.median(Metric.CPU_MICROS);
  }
}
