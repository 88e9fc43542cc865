package dev.millrace.sidebyside.driver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.sidebyside.figures.Measurement;
import dev.millrace.sidebyside.figures.Measurement.Outcome;
import dev.millrace.sidebyside.figures.Metric;
import dev.millrace.sidebyside.figures.Summary;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ScalingTableTest {

  private final List<Contender> contenders =
      Arguments.parse(
              "--suite",
              "scaling",
              "--engine",
              "millrace",
              "--partitions",
              "1,4,16",
              "--shuffles",
              "1,2,3")
          .contenders();

  @Test
  void partitionsAreComparedWithTheFewestAndShufflesWithOneLess() {
    String table =
        ScalingTable.markdown(
            contenders,
            Summary.of(
                List.of(
                    run("1 partition, 1 shuffle", 2),
                    run("4 partitions, 1 shuffle", 2.5),
                    run("16 partitions, 1 shuffle", 3),
                    run("4 partitions, 2 shuffles", 4),
                    run("4 partitions, 3 shuffles", 5.6))));
    assertThat(table.lines().filter(line -> line.startsWith("| millrace")))
        .containsExactly(
            "| millrace, advised, 4 partitions, 1 shuffle | 2.50 | 2.00 | +0.50 | +25 |",
            "| millrace, advised, 16 partitions, 1 shuffle | 3.00 | 2.00 | +1.00 | +50 |",
            "| millrace, advised, 4 partitions, 2 shuffles | 4.00 | 2.50 | +1.50 | +60 |",
            "| millrace, advised, 4 partitions, 3 shuffles | 5.60 | 4.00 | +1.60 | +40 |");
  }

  @Test
  void nothingIsComparedWithWhatHasNotRun() {
    assertThat(
            ScalingTable.markdown(
                contenders, Summary.of(List.of(run("16 partitions, 1 shuffle", 3)))))
        .isEmpty();
  }

  private static Measurement run(String variant, double micros) {
    return new Measurement(
        "millrace, advised, " + variant,
        1,
        Map.of(Metric.CPU_MICROS, micros),
        Outcome.EQUAL,
        List.of());
  }
}
