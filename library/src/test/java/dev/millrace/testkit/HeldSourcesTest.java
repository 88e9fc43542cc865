package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Job;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaTable;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A source that is held back for long is named in the log, with the stage that it waits for. */
final class HeldSourcesTest {

  @Test
  void aSourceThatWaitsForAStageWhichNobodyRunsIsNamedOnceAndThenRarely() {
    Job job = Job.named("held");
    job.table(KafkaTable.strings("rows", String.class))
        .groupBy((key, row) -> row)
        .count()
        .name("groups")
        .to(KafkaSink.upsert("counts"));
    try (JobTest test =
        JobTest.builder(job)
            .set("backpressure.max.lag.records", "2")
            .set("stages", "rows")
            .build()) {
      for (int i = 0; i < 10; i++) {
        test.topic("rows", String.class).send(TestRecord.of("row").key("k" + i));
        test.advanceProcessingTime(Duration.ofMillis(500));
      }
      assertThat(warnings(test, Duration.ofSeconds(50))).isEmpty();
      assertThat(warnings(test, Duration.ofSeconds(30)))
          .singleElement()
          .asString()
          .contains("source=rows", "stage=groups", "for a stage that no copy runs");
      assertThat(warnings(test, Duration.ofMinutes(50))).isEmpty();
      assertThat(warnings(test, Duration.ofMinutes(20))).hasSize(1);
      test.set("stages", "");
      test.scaleTo(2);
      assertThat(warnings(test, Duration.ofMinutes(70))).isEmpty();
      assertThat(test.table("counts", Long.class)).isEqualTo(Map.of("row", 10L));
    }
  }

  /** The lines about held sources that are logged while some time passes. */
  private static List<String> warnings(JobTest test, Duration time) {
    return Logged.lines("held back for", () -> test.advanceProcessingTime(time));
  }
}
