package dev.millrace.sidebyside.figures;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.sidebyside.figures.Measurement.Outcome;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReportTest {

  private static final List<Measurement> RUNS =
      List.of(
          run("a", 1, 1000, Outcome.EQUAL),
          run("b", 1, 500, Outcome.EQUAL),
          run("a", 2, 3000, Outcome.EQUAL),
          run("b", 2, 700, Outcome.DIFFERENT),
          run("a", 3, 1100.4, Outcome.EQUAL),
          run("b", 3, 9999, Outcome.FAILED));

  private static final Report REPORT =
      new Report(
          "Words",
          Map.of("records", "7"),
          List.of(Metric.RATE),
          "\n## Why\n",
          Map.of("a", "x=1"),
          RUNS);

  private static Measurement run(String engine, int round, double rate, Outcome outcome) {
    return new Measurement(
        engine,
        round,
        Map.of(Metric.RATE, rate),
        outcome,
        outcome == Outcome.FAILED ? List.of("it said \"no\", and died") : List.of());
  }

  @Test
  void pageHasMediansOfWhatDidNotFail() {
    String page = REPORT.markdown("words.svg");
    assertThat(page)
        .contains("# Words\n", "- records: 7\n", "![Words](words.svg)", "- a: x=1\n")
        .contains("## In short\n\n| engine | settings | records/s | Millrace / it | results |\n")
        .contains("| engine | records/s | results |\n|---|---|---|\n")
        .contains("| a | 1,100 | equal |\n")
        .contains("| b | 600 | 1 of 3 equal |\n\n## Why\n\n## Runs\n");
  }

  @Test
  void pageHasAllRuns() {
    assertThat(REPORT.markdown("words.svg"))
        .contains("| engine | round | records/s | results | remarks |\n|---|---|---|---|---|\n")
        .contains("| a | 2 | 3,000 | equal |  |\n")
        .contains("| b | 3 | 9,999 | failed | it said \"no\", and died |\n");
  }

  @Test
  void csvHasALineForEachRun() {
    assertThat(REPORT.csv().lines())
        .hasSize(7)
        .startsWith("engine,round,rate,results,remarks", "a,1,1000.000,equal,")
        .endsWith("b,3,9999.000,failed,\"it said \"\"no\"\", and died\"");
  }

  @Test
  void chartHasABarForEachEngine() {
    String svg = BarChart.svg("Words & more", Summary.of(RUNS), List.of(Metric.RATE));
    assertThat(svg).contains("Words &amp; more", "1,100 records/s", "600 records/s");
    // The longest bar is the median's, not the greatest run's: that is where the line ends.
    assertThat(svg).contains("width=\"176.1\"", "x2=\"690.0\"");
  }

  @Test
  void engineThatAlwaysFailedHasNoBar() {
    List<Summary> failed = Summary.of(List.of(run("c", 1, 5, Outcome.FAILED)));
    assertThat(BarChart.svg("Words", failed, List.of(Metric.RATE))).contains(">failed<");
  }
}
