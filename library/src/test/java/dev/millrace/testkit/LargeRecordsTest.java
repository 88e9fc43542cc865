package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.Table;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.connector.KafkaTable;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.error.RecordException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The size of a record has one limit, which can be raised, and is named where it is exceeded. */
final class LargeRecordsTest {

  private static final int LARGE = 1_600_000;

  private enum Way {
    SINK,
    SHUFFLE,
    STATE
  }

  /** A job that makes a text as long as the number it reads, and sends it on one way. */
  private static Job job(Way way) {
    Job job = Job.named("large");
    DataStream<Integer> in = job.source(KafkaSource.json("in", Integer.class));
    switch (way) {
      case SINK -> in.map(length -> "x".repeat(length)).to(KafkaSink.strings("out"));
      case SHUFFLE ->
          in.map(length -> "x".repeat(length))
              .rebalance()
              .map(text -> text.length())
              .to(KafkaSink.json("out"));
      case STATE ->
          in.map(length -> "x".repeat(length))
              .keyBy(text -> "k")
              .reduce((all, text) -> all + text)
              .changes()
              .map(change -> change.value().length())
              .to(KafkaSink.json("out"));
      default -> throw new AssertionError(way);
    }
    return job;
  }

  /** The state gets as large as the others in two steps, each of which fits everywhere else. */
  private static void send(JobTest test, Way way) {
    int times = way == Way.STATE ? 2 : 1;
    for (int i = 0; i < times; i++) {
      test.topic("in", Integer.class).send(LARGE / times);
      test.run();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aRecordThatIsTooLargeNamesTheLimitAndItsSettings(Way way) {
    try (JobTest test = JobTest.of(job(way))) {
      assertThatThrownBy(() -> send(test, way))
          .isInstanceOf(RecordException.class)
          .hasMessageContaining(" bytes of at most ")
          .hasMessageContaining("kafka.producer.max.request.size")
          .hasMessageContaining("max.message.bytes");
    }
  }

  @ParameterizedTest
  @EnumSource
  void theLimitCanBeRaised(Way way) {
    try (JobTest test =
        JobTest.builder(job(way)).set("kafka.producer.max.request.size", "8388608").build()) {
      UserTopics.create(test, "out", 1, Map.of("max.message.bytes", "8388608"));
      send(test, way);
      assertThat(test.outputRecords("out", byte[].class)).isNotEmpty();
      test.restart();
      test.topic("in", Integer.class).send(1);
      assertThat(test.run().outputRecords("out", byte[].class)).hasSizeGreaterThan(1);
    }
  }

  /** Such a row is that of one record, which is to blame for its size. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aTablesRowThatIsTooLargeIsDroppedWithItsRecord(boolean ofTopic) {
    Job job = Job.named("large");
    Table<String, String> table =
        ofTopic
            ? job.table(KafkaTable.strings("in", String.class))
            : job.source(KafkaSource.strings("in"))
                .keyBy(text -> text.substring(0, 1))
                .latest(String.class, text -> text.repeat(text.startsWith("b") ? 20_000 : 1));
    table
        .onError(ErrorPolicy.deadLetter())
        .changes()
        .map(change -> change.kind() + " " + change.key())
        .to(KafkaSink.strings("out"));
    try (JobTest test =
        JobTest.builder(job).set("kafka.producer.max.request.size", "20000").build()) {
      TestTopic<String> in = test.topic("in", String.class);
      in.send(TestRecord.of("a1").key("a"));
      in.send(TestRecord.of(ofTopic ? "b".repeat(30_000) : "b1").key("b"));
      in.send(TestRecord.of("c1").key("c"));
      assertThat(test.run().output("out", String.class))
          .containsExactlyInAnyOrder("INSERT a", "INSERT c");
      assertThat(test.deadLetters())
          .isNotEmpty()
          .allSatisfy(letter -> assertThat(letter.message()).contains("the row is too large"));
    }
  }

  @Test
  void framesLeaveRoomForAnEntryWhereTheLimitIsLow() {
    try (JobTest test =
        JobTest.builder(job(Way.SHUFFLE))
            .set("kafka.producer.max.request.size", "20000")
            .set("shuffle.frame.size", "512KB")
            .build()) {
      for (int i = 0; i < 100; i++) {
        test.topic("in", Integer.class).send(5_000);
      }
      assertThat(test.run().output("out", Integer.class)).hasSize(100);
    }
  }
}
