package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.connector.KafkaRecord;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.table.Change;
import dev.millrace.testkit.JobTest;
import dev.millrace.testkit.TestTopic;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

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

  /** What the program adds to records, and fails on some of them. */
  private enum Extra {
    HEADERS {
      @Override
      KafkaSink<Change<String, Row>> addedTo(KafkaSink<Change<String, Row>> sink) {
        return sink.headers(
            change -> List.of(new KafkaRecord.Header("kind", bytes(checked(change)))));
      }
    },
    TIMESTAMP {
      @Override
      KafkaSink<Change<String, Row>> addedTo(KafkaSink<Change<String, Row>> sink) {
        return sink.timestamp(change -> Instant.ofEpochMilli(checked(change).length()));
      }
    },
    LARGE_HEADERS {
      @Override
      KafkaSink<Change<String, Row>> addedTo(KafkaSink<Change<String, Row>> sink) {
        return sink.headers(
            change ->
                List.of(new KafkaRecord.Header("kind", new byte[isBad(change) ? 2_000_000 : 10])));
      }
    };

    abstract KafkaSink<Change<String, Row>> addedTo(KafkaSink<Change<String, Row>> sink);

    private static boolean isBad(Change<String, Row> change) {
      return change.kind() == Change.Kind.DELETE || change.value().text().equals("bad");
    }

    private static String checked(Change<String, Row> change) {
      if (isBad(change)) {
        throw new IllegalArgumentException("nothing to add");
      }
      return change.kind().name();
    }

    private static byte[] bytes(String text) {
      return text.getBytes(StandardCharsets.UTF_8);
    }
  }

  @ParameterizedTest
  @EnumSource(Extra.class)
  void aChangeWhoseHeadersOrTimestampCannotBeHadLeavesNoStaleRow(Extra extra) {
    Job job = Job.named("job");
    job.source(KafkaSource.json("rows", Row.class))
        .keyBy(Row::id)
        .latest(Row.class, row -> row.text().equals("gone") ? null : row)
        .to(extra.addedTo(KafkaSink.upsert("table")))
        .onError(ErrorPolicy.skip());
    try (JobTest test = JobTest.of(job)) {
      TestTopic<Row> rows = test.topic("rows", Row.class);
      rows.send(new Row("a", "1")).send(new Row("b", "1")).send(new Row("c", "bad"));
      test.run();
      assertThat(test.table("table", Row.class)).containsOnlyKeys("a", "b");
      rows.send(new Row("a", "bad")).send(new Row("b", "gone"));
      test.run();
      assertThat(test.table("table", Row.class)).isEmpty();
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
