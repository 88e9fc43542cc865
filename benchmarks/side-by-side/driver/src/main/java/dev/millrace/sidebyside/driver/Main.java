package dev.millrace.sidebyside.driver;

import dev.millrace.sidebyside.figures.BarChart;
import dev.millrace.sidebyside.figures.Measurement;
import dev.millrace.sidebyside.figures.Measurement.Outcome;
import dev.millrace.sidebyside.figures.Report;
import dev.millrace.sidebyside.figures.Summary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Runs engines side by side: see {@link Arguments#USAGE}. */
public final class Main {

  private Main() {}

  /** Runs a suite; exits with 1 if an engine failed or had other results. */
  public static void main(String[] args) throws Exception {
    if (args.length == 0 || Arrays.asList(args).contains("--help")) {
      System.out.print(Arguments.USAGE);
      return;
    }
    try {
      System.exit(run(Arguments.parse(args)) ? 0 : 1);
    } catch (IllegalArgumentException | IllegalStateException e) {
      System.err.println(e.getMessage());
      System.exit(2);
    }
  }

  private static boolean run(Arguments arguments) throws Exception {
    LocalDateTime now = LocalDateTime.now(ZoneId.systemDefault());
    String name =
        arguments.suite().label()
            + "-"
            + now.format(DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT));
    Path logs = Files.createDirectories(arguments.directory().resolve(name + "-logs"));
    Path modules = Path.of(System.getProperty("modules", "benchmarks/side-by-side"));
    List<Measurement> measurements = new ArrayList<>();
    try (Kafka kafka = Kafka.start()) {
      Rig rig = new Rig(kafka, arguments, modules, logs);
      Trial trial = trial(rig);
      for (int round = 1; round <= arguments.rounds(); round++) {
        for (Contender contender : arguments.contenders()) {
          rig.checkQuiet();
          Measurement measurement = trial.run(contender, round);
          print(measurement);
          measurements.add(measurement);
          // After each run, so that a long suite that is cut short has not run for nothing.
          write(
              arguments,
              name,
              new Report(
                  title(arguments),
                  Facts.of(arguments, now),
                  arguments.suite().headline(),
                  analysis(arguments, measurements),
                  rig.settings(),
                  measurements));
        }
      }
    }
    return measurements.stream()
        .map(Measurement::outcome)
        .allMatch(outcome -> outcome == Outcome.EQUAL || outcome == Outcome.NOTHING_TO_COMPARE);
  }

  private static Trial trial(Rig rig) {
    return switch (rig.arguments().suite().goal()) {
      case THROUGHPUT -> new ThroughputTrial(rig);
      case LATENCY -> new LatencyTrial(rig);
      case RECOVERY -> new RecoveryTrial(rig);
    };
  }

  private static String analysis(Arguments arguments, List<Measurement> measurements) {
    return arguments.suite() == Suite.SCALING
        ? ScalingTable.markdown(arguments.contenders(), Summary.of(measurements))
        : "";
  }

  private static String title(Arguments arguments) {
    return "Side by side: " + arguments.suite().label();
  }

  private static void print(Measurement run) {
    StringBuilder line = new StringBuilder();
    line.append(String.format(Locale.ROOT, "%-26s round %d", run.engine(), run.round()));
    run.figures()
        .forEach(
            (metric, value) ->
                line.append(
                    String.format(
                        Locale.ROOT, " | %s %,." + metric.digits() + "f", metric.title(), value)));
    line.append(" | ").append(run.outcome().name().toLowerCase(Locale.ROOT).replace('_', ' '));
    run.remarks().forEach(remark -> line.append(" | ").append(remark));
    System.out.println(line);
  }

  private static void write(Arguments arguments, String name, Report report) throws IOException {
    Path directory = arguments.directory();
    Files.writeString(directory.resolve(name + ".md"), report.markdown(name + ".svg"));
    Files.writeString(directory.resolve(name + ".csv"), report.csv());
    Files.writeString(
        directory.resolve(name + ".svg"),
        BarChart.svg(
            report.title(), Summary.of(report.measurements()), arguments.suite().headline()));
  }
}
