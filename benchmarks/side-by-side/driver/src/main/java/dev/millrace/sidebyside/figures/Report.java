package dev.millrace.sidebyside.figures;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Function;

/**
 * Measurements as text: a Markdown page with medians and all runs, and the runs as CSV.
 *
 * @param title what was measured
 * @param facts what a reader needs to know to judge it, by name
 * @param headline what was measured, of which Millrace's is compared with that of others
 * @param analysis a section of Markdown that compares medians, or nothing
 * @param settings the settings of each engine that are not its defaults, in words
 * @param measurements all runs
 */
public record Report(
    String title,
    Map<String, String> facts,
    List<Metric> headline,
    String analysis,
    Map<String, String> settings,
    List<Measurement> measurements) {

  /** Copies the lists. */
  public Report {
    headline = List.copyOf(headline);
    measurements = List.copyOf(measurements);
  }

  /**
   * {@return the page}
   *
   * @param chart the name of the picture beside it
   */
  public String markdown(String chart) {
    StringBuilder page = new StringBuilder("# " + title + "\n\n");
    facts.forEach(
        (name, value) -> page.append("- ").append(name).append(": ").append(value).append('\n'));
    page.append("\n![").append(title).append("](").append(chart).append(")\n\n## In short\n\n");
    List<Metric> metrics = metrics();
    List<Summary> summaries = Summary.of(measurements);
    page.append(ShortTable.markdown(summaries, headline)).append("\n## Medians\n\n");
    table(
        page,
        columns("engine", metrics, "results"),
        summaries,
        summary -> {
          List<String> cells = new ArrayList<>(List.of(summary.engine()));
          metrics.forEach(metric -> cells.add(number(metric, summary.median(metric))));
          cells.add(summary.outcome());
          return cells;
        });
    page.append(analysis);
    page.append("\n## Runs\n\n");
    table(
        page,
        columns("engine | round", metrics, "results | remarks"),
        measurements,
        run -> {
          List<String> cells = new ArrayList<>(List.of(run.engine(), String.valueOf(run.round())));
          metrics.forEach(metric -> cells.add(number(metric, value(run, metric))));
          cells.add(outcome(run));
          cells.add(String.join("; ", run.remarks()));
          return cells;
        });
    page.append("\n## Settings that are not the engine's defaults\n\n");
    settings.forEach(
        (engine, words) ->
            page.append("- ").append(engine).append(": ").append(words).append('\n'));
    return page.toString();
  }

  /** {@return one line per run, with a line of names before it} */
  public String csv() {
    List<Metric> metrics = metrics();
    StringBuilder csv = new StringBuilder("engine,round");
    metrics.forEach(metric -> csv.append(',').append(metric.name().toLowerCase(Locale.ROOT)));
    csv.append(",results,remarks\n");
    for (Measurement run : measurements) {
      csv.append(quoted(run.engine())).append(',').append(run.round());
      for (Metric metric : metrics) {
        csv.append(',');
        value(run, metric)
            .ifPresent(value -> csv.append(String.format(Locale.ROOT, "%.3f", value)));
      }
      csv.append(',').append(outcome(run));
      csv.append(',').append(quoted(String.join("; ", run.remarks()))).append('\n');
    }
    return csv.toString();
  }

  /** The metrics that some run has. */
  private List<Metric> metrics() {
    return Arrays.stream(Metric.values())
        .filter(metric -> measurements.stream().anyMatch(run -> run.figures().containsKey(metric)))
        .toList();
  }

  private static OptionalDouble value(Measurement run, Metric metric) {
    Double value = run.figures().get(metric);
    return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
  }

  private static String number(Metric metric, OptionalDouble value) {
    return value.isEmpty()
        ? ""
        : String.format(Locale.ROOT, "%,." + metric.digits() + "f", value.getAsDouble());
  }

  private static String outcome(Measurement run) {
    return switch (run.outcome()) {
      case EQUAL -> "equal";
      case DIFFERENT -> "different";
      case FAILED -> "failed";
      case NOTHING_TO_COMPARE -> "";
    };
  }

  private static List<String> columns(String before, List<Metric> metrics, String after) {
    List<String> columns = new ArrayList<>(List.of(before));
    metrics.forEach(metric -> columns.add(metric.title()));
    columns.add(after);
    return columns;
  }

  private static <T> void table(
      StringBuilder page,
      List<String> columns,
      Collection<T> rows,
      Function<T, List<String>> cells) {
    String header = "| " + String.join(" | ", columns) + " |";
    page.append(header).append('\n');
    page.append("|---".repeat((int) header.chars().filter(c -> c == '|').count() - 1))
        .append("|\n");
    for (T row : rows) {
      page.append("| ").append(String.join(" | ", cells.apply(row))).append(" |\n");
    }
  }

  private static String quoted(String text) {
    return text.matches("[^\",\n]*") ? text : '"' + text.replace("\"", "\"\"") + '"';
  }
}
