package dev.millrace.sidebyside.figures;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.sidebyside.figures.Measurement.Outcome;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ShortTableTest {

  @Test
  void higherRatesAndLowerLatenciesAreBetter() {
    assertThat(
            table(
                List.of(Metric.RATE),
                run("consumer", Map.of(Metric.RATE, 4000.0)),
                run("millrace, advised", Map.of(Metric.RATE, 1000.0)),
                run("flink-heap, advised", Map.of(Metric.RATE, 400.0))))
        .containsExactly(
            "| engine | settings | records/s | Millrace / it | results |",
            "|---|---|---|---|---|",
            "| consumer |  | 4,000 | 0.25 | equal |",
            "| millrace | advised | 1,000 | 1.00 | equal |",
            "| flink-heap | advised | 400 | 2.50 | equal |");
    assertThat(
            table(
                List.of(Metric.P99_MS),
                run("millrace, advised", Map.of(Metric.P99_MS, 50.0)),
                run("jet, advised", Map.of(Metric.P99_MS, 75.0))))
        .contains("| jet | advised | 75.0 | 1.50 | equal |");
  }

  @Test
  void defaultsOfMillraceAreWhatOthersAreComparedWith() {
    assertThat(
            table(
                List.of(Metric.P50_MS),
                run("millrace, advised", Map.of(Metric.P50_MS, 10.0)),
                run("millrace, defaults", Map.of(Metric.P50_MS, 20.0)),
                run("kafka-streams, advised", Map.of(Metric.P50_MS, 60.0))))
        .contains(
            "| millrace | advised | 10.0 | 0.50 | equal |",
            "| kafka-streams | advised | 60.0 | 3.00 | equal |");
  }

  @Test
  void whatWasAskedForHasToBeTheSame() {
    assertThat(
            table(
                List.of(Metric.RATE),
                run("consumer", Map.of(Metric.RATE, 8.0)),
                run("millrace, advised, q0", Map.of(Metric.RATE, 4.0)),
                run("jet, advised, q0", Map.of(Metric.RATE, 2.0)),
                run("jet, advised, q5", Map.of(Metric.RATE, 1.0))))
        .containsExactly(
            "| what | engine | settings | records/s | Millrace / it | results |",
            "|---|---|---|---|---|---|",
            "|  | consumer |  | 8 |  | equal |",
            "| q0 | millrace | advised | 4 | 1.00 | equal |",
            "| q0 | jet | advised | 2 | 2.00 | equal |",
            "| q5 | jet | advised | 1 |  | equal |");
    assertThat(
            table(
                List.of(Metric.CPU_MICROS),
                run("consumer, 1 partition, 1 shuffle", Map.of(Metric.CPU_MICROS, 1.0)),
                run("millrace, advised, 1 partition, 1 shuffle", Map.of(Metric.CPU_MICROS, 2.0))))
        .contains("| 1 partition, 1 shuffle | consumer |  | 1.00 | 0.50 | equal |");
  }

  @Test
  void costsThatWereMeasuredFollow() {
    assertThat(
            table(
                List.of(Metric.RATE),
                run(
                    "millrace, advised",
                    Map.of(
                        Metric.RATE, 1.0,
                        Metric.PEAK_MEMORY_MB, 700.4,
                        Metric.ALLOCATED_BYTES, 12.0,
                        Metric.LOAD, 3.0)),
                run("jet, advised", Map.of(Metric.RATE, 0.0))))
        .containsExactly(
            "| engine | settings | records/s | Millrace / it | engine's peak RSS, MB | allocated,"
                + " B/record | results |",
            "|---|---|---|---|---|---|---|",
            "| millrace | advised | 1 | 1.00 | 700 | 12 | equal |",
            "| jet | advised | 0 |  |  |  | equal |");
  }

  private static Measurement run(String engine, Map<Metric, Double> figures) {
    return new Measurement(engine, 1, figures, Outcome.EQUAL, List.of());
  }

  private static List<String> table(List<Metric> headline, Measurement... runs) {
    return ShortTable.markdown(Summary.of(List.of(runs)), headline).lines().toList();
  }
}
