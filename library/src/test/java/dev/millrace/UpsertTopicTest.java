package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.testkit.JobTest;
import dev.millrace.testkit.TestTopic;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Topics that tables are written to, on the simulated cluster. */
final class UpsertTopicTest {

  record Row(String id, String text) {}

  /** Rows as they are; one with the text "large" does not fit into a record. */
  private static Table<String, Row> rows(Job job) {
    String tooLarge = "x".repeat(2_000_000);
    return job.source(KafkaSource.json("rows", Row.class))
        .keyBy(Row::id)
        .latest()
        .mapValues(
            Row.class, row -> row.text().equals("large") ? new Row(row.id(), tooLarge) : row);
  }

  @Test
  void aRowThatCannotBeWrittenIsDeletedWhereItWas() {
    Job job = Job.named("job");
    rows(job).to(KafkaSink.upsert("table")).onError(ErrorPolicy.skip());
    try (JobTest test = JobTest.of(job)) {
      TestTopic<Row> rows = test.topic("rows", Row.class);
      rows.send(new Row("a", "1")).send(new Row("b", "large"));
      test.run();
      assertThat(test.table("table", Row.class)).isEqualTo(Map.of("a", new Row("a", "1")));
      rows.send(new Row("a", "large"));
      test.run();
      assertThat(test.table("table", Row.class)).isEmpty();
      rows.send(new Row("a", "2")).send(new Row("b", "2"));
      test.run();
      assertThat(test.table("table", Row.class))
          .isEqualTo(Map.of("a", new Row("a", "2"), "b", new Row("b", "2")));
    }
  }

  /** Where the key is what cannot be had, nothing can be deleted; the policy has the row. */
  @Test
  void aRowWithoutAKeyIsDropped() {
    Job job = Job.named("job");
    rows(job)
        .to(
            KafkaSink.<String, Row>upsert("table")
                .key(
                    change -> {
                      if (change.value().text().equals("bad")) {
                        throw new IllegalArgumentException("no key");
                      }
                      return change.key();
                    }))
        .onError(ErrorPolicy.deadLetter());
    try (JobTest test = JobTest.of(job)) {
      TestTopic<Row> rows = test.topic("rows", Row.class);
      rows.send(new Row("a", "1"));
      test.run();
      rows.send(new Row("a", "bad"));
      test.run();
      assertThat(test.deadLetters()).hasSize(1);
      assertThat(test.table("table", Row.class)).isEqualTo(Map.of("a", new Row("a", "1")));
    }
  }
}
