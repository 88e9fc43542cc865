package dev.millrace.testkit;

import static dev.millrace.testkit.StandingRows.fill;
import static dev.millrace.testkit.StandingRows.job;
import static dev.millrace.testkit.StandingRows.letter;
import static dev.millrace.testkit.StandingRows.lookUp;
import static dev.millrace.testkit.StandingRows.out;
import static dev.millrace.testkit.StandingRows.rows;
import static dev.millrace.testkit.StandingRows.send;
import static dev.millrace.testkit.StandingRows.stream;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.Table;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.connector.KafkaTable;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which look-ups wait for the rows of a table, and what goes on meanwhile. */
final class StandingWaitsTest {

  /** A table of a source has no end that could be waited for. */
  @Test
  void aTableOfAStreamIsNotAwaited() {
    Job job = Job.named("standing");
    lookUp(stream(job), job.source(KafkaSource.strings("rows")).toTable(row -> letter(row)));
    try (JobTest test = JobTest.builder(job).set("stages", "stream,joined").build()) {
      test.topic("rows", String.class).send("a1");
      test.topic("stream", String.class).send("a");
      test.run();
      assertThat(out(test)).containsExactly("a+null");
    }
  }

  /** A table that is partly made of a stream has no end either. */
  @Test
  void aTableThatIsJoinedWithTheTableOfAStreamIsNotAwaited() {
    Job job = Job.named("standing");
    lookUp(
        stream(job),
        rows(job)
            .join(job.source(KafkaSource.strings("updates")).toTable(row -> letter(row)))
            .left((row, other) -> row));
    try (JobTest test = JobTest.builder(job).set("stages", "stream,joined").build()) {
      test.topic("rows", String.class).send(TestRecord.of("a1").key("a"));
      test.topic("stream", String.class).send("a");
      test.run();
      assertThat(out(test)).containsExactly("a+null");
    }
  }

  /**
   * What a look-up emits depends on the table, but is not made of it: the next look-up in the same
   * one waits too. And the table is read meanwhile, although so much waits after both.
   */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theSameTableIsAwaitedByEachOfSeveralLookups(boolean isMerged) {
    Job job = Job.named("twice");
    Table<String, String> rows = rows(job);
    DataStream<String> first =
        stream(job)
            .join(rows)
            .on(StandingRows::letter)
            .left((value, row) -> value + "+" + row)
            .name("first");
    DataStream<String> all =
        isMerged ? first.union(job.source(KafkaSource.strings("others"))) : first;
    all.join(rows)
        .on(value -> value.substring(1, 2))
        .left((value, row) -> value + "+" + row)
        .name("second")
        .to(KafkaSink.strings("out"));
    Random random = new Random(5);
    try (JobTest test =
        JobTest.builder(job)
            .seed(5)
            .set("backpressure.max.lag.records", "4")
            .set("max.poll.records", "5")
            .build()) {
      Map<String, String> table = fill(test, "rows", 300, random);
      List<String> expected = new ArrayList<>();
      for (int i = 0; i < 60; i++) {
        String one = "" + (char) ('a' + random.nextInt(22));
        String other = "" + (char) ('a' + random.nextInt(22));
        Instant before = test.now().minusSeconds(100);
        test.topic("stream", String.class).send(TestRecord.of(one + other + i).at(before));
        expected.add(one + other + i + "+" + table.get(one) + "+" + table.get(other));
        if (isMerged) {
          test.topic("others", String.class).send(TestRecord.of("-" + other + i).at(before));
          expected.add("-" + other + i + "+" + table.get(other));
        }
      }
      test.advanceProcessingTime(Duration.ofSeconds(60));
      assertThat(out(test)).containsExactlyInAnyOrderElementsOf(expected);
    }
  }

  /** A table whose changes are looked up in itself, and two of which each looks up the other. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void noTableWaitsForItself(boolean isByWayOfAnother) {
    Job job = Job.named("circle");
    Table<String, String> rows = rows(job);
    Table<String, String> others =
        isByWayOfAnother ? job.table(KafkaTable.strings("others", String.class)) : rows;
    for (boolean first : isByWayOfAnother ? List.of(true, false) : List.of(true)) {
      (first ? rows : others)
          .changes()
          .filter(change -> change.value() != null)
          .join(first ? others : rows)
          .on(change -> change.key())
          .left((change, row) -> change.key())
          .to(KafkaSink.strings("out"));
    }
    try (JobTest test =
        JobTest.builder(job)
            .set("backpressure.max.lag.records", "2")
            .set("max.poll.records", "1")
            .build()) {
      for (int i = 0; i < 60; i++) {
        test.topic("rows", String.class).send(TestRecord.of("x").key("k" + i));
        if (isByWayOfAnother) {
          test.topic("others", String.class).send(TestRecord.of("x").key("k" + i));
        }
      }
      test.advanceProcessingTime(Duration.ofSeconds(30));
      assertThat(out(test)).hasSize(isByWayOfAnother ? 120 : 60);
    }
  }

  // ------------------------------------------------------------------ backpressure

  /** The stream is held back once enough of it waits, and its table is not. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aTableIsReadWhileItsStreamIsHeldBack(boolean isBounded) {
    Random random = new Random(3);
    try (JobTest test =
        JobTest.builder(job())
            .set("until.end", "" + isBounded)
            .set("backpressure.max.lag.records", "4")
            .set("max.poll.records", "5")
            .set("stages", "stream,joined")
            .build()) {
      List<String> expected = send(test, 200, fill(test, "rows", 400, random), random);
      test.advanceProcessingTime(Duration.ofSeconds(5));
      assertThat(out(test)).isEmpty();
      test.set("stages", "");
      test.scaleTo(2);
      test.advanceProcessingTime(Duration.ofSeconds(60));
      assertThat(out(test)).containsExactlyInAnyOrderElementsOf(expected);
    }
  }

  /** A table that is waited for to its end goes on although its source feeds what waits. */
  @Test
  void aBoundedStreamThatIsLookedUpInItsOwnCountsComesToItsEnd() {
    Job job = Job.named("counts");
    DataStream<String> stream = stream(job);
    lookUp(stream, stream.keyBy(StandingRows::letter).count());
    try (JobTest test =
        JobTest.builder(job)
            .set("until.end", "true")
            .set("backpressure.max.lag.records", "4")
            .set("max.poll.records", "1")
            .build()) {
      for (int i = 0; i < 100; i++) {
        test.topic("stream", String.class).send("a" + i);
      }
      test.advanceProcessingTime(Duration.ofSeconds(60));
      assertThat(out(test)).hasSize(100).allMatch(line -> line.endsWith("+100"));
    }
  }
}
