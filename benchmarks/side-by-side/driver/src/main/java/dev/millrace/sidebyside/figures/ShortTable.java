package dev.millrace.sidebyside.figures;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * The medians that matter most, as a table of Markdown, with how many times better Millrace is.
 *
 * <p>Engines are compared by what they were asked for: labels are {@code engine, settings} and, if
 * a suite asks for several things, {@code engine, settings, what}; a bare consumer has no settings.
 * Millrace's own defaults are what the others are compared with, or the only settings it ran with.
 */
public final class ShortTable {

  private static final String MILLRACE = "millrace";
  private static final String DEFAULTS = "defaults";
  private static final String CONSUMER = "consumer";

  /** What is shown after what a suite is about. */
  private static final List<Metric> COSTS =
      List.of(
          Metric.RATE,
          Metric.LONG_RATE,
          Metric.ENGINE_CPU_MICROS,
          Metric.BROKER_CPU_MICROS,
          Metric.PEAK_MEMORY_MB,
          Metric.GC_PERCENT,
          Metric.ALLOCATED_BYTES);

  private ShortTable() {}

  /**
   * {@return the table}
   *
   * @param headline what the suite is about: each with a column of ratios
   */
  public static String markdown(List<Summary> summaries, List<Metric> headline) {
    List<Row> rows = summaries.stream().map(Row::of).toList();
    boolean asksForSeveral = rows.stream().anyMatch(row -> !row.what.isEmpty());
    List<Metric> costs =
        COSTS.stream()
            .filter(cost -> !headline.contains(cost))
            .filter(cost -> summaries.stream().anyMatch(s -> s.median(cost).isPresent()))
            .toList();
    List<String> columns = new ArrayList<>();
    if (asksForSeveral) {
      columns.add("what");
    }
    columns.addAll(List.of("engine", "settings"));
    for (Metric metric : headline) {
      columns.add(metric.title());
      columns.add(metric.isBetterHigh() ? "Millrace / it" : "it / Millrace");
    }
    costs.forEach(cost -> columns.add(cost.title()));
    columns.add("results");

    StringBuilder table = new StringBuilder();
    table.append("| ").append(String.join(" | ", columns)).append(" |\n");
    table.append("|---".repeat(columns.size())).append("|\n");
    for (Row row : rows) {
      List<String> cells = new ArrayList<>();
      if (asksForSeveral) {
        cells.add(row.what);
      }
      cells.addAll(List.of(row.engine, row.settings));
      for (Metric metric : headline) {
        cells.add(number(metric.digits(), row.summary.median(metric)));
        cells.add(number(2, ratio(metric, row, rows)));
      }
      costs.forEach(cost -> cells.add(number(cost.digits(), row.summary.median(cost))));
      cells.add(row.summary.outcome());
      table.append("| ").append(String.join(" | ", cells)).append(" |\n");
    }
    return table.toString();
  }

  private static OptionalDouble ratio(Metric metric, Row row, List<Row> rows) {
    OptionalDouble own = row.summary.median(metric);
    OptionalDouble millrace =
        base(row, rows).map(base -> base.summary.median(metric)).orElseGet(OptionalDouble::empty);
    if (own.isEmpty() || millrace.isEmpty()) {
      return OptionalDouble.empty();
    }
    double ratio =
        metric.isBetterHigh()
            ? millrace.getAsDouble() / own.getAsDouble()
            : own.getAsDouble() / millrace.getAsDouble();
    return Double.isFinite(ratio) ? OptionalDouble.of(ratio) : OptionalDouble.empty();
  }

  /** Millrace, asked for the same. */
  private static Optional<Row> base(Row row, List<Row> rows) {
    List<Row> own =
        rows.stream()
            .filter(other -> other.engine.equals(MILLRACE) && other.what.equals(row.what))
            .toList();
    return own.stream()
        .filter(other -> other.settings.equals(DEFAULTS))
        .findFirst()
        .or(() -> own.stream().findFirst());
  }

  private static String number(int digits, OptionalDouble value) {
    return value.isEmpty()
        ? ""
        : String.format(Locale.ROOT, "%,." + digits + "f", value.getAsDouble());
  }

  private record Row(String engine, String settings, String what, Summary summary) {

    static Row of(Summary summary) {
      String[] words = summary.engine().split(", ", 2);
      if (words[0].equals(CONSUMER)) {
        return new Row(words[0], "", words.length == 2 ? words[1] : "", summary);
      }
      String[] rest = words.length == 2 ? words[1].split(", ", 2) : new String[] {""};
      return new Row(words[0], rest[0], rest.length == 2 ? rest[1] : "", summary);
    }
  }
}
