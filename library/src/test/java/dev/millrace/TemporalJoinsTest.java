package dev.millrace;

import static dev.millrace.LetterTopics.START;
import static dev.millrace.LetterTopics.letter;
import static dev.millrace.LetterTopics.out;
import static dev.millrace.LetterTopics.source;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.connector.KafkaSink;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.output.OutputTag;
import dev.millrace.testkit.CommitFailure;
import dev.millrace.testkit.EachCommit;
import dev.millrace.testkit.JobTest;
import dev.millrace.testkit.LocalState;
import dev.millrace.window.Late;
import dev.millrace.window.Windows;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Jobs that look up tables as of event time, on the simulated cluster. */
final class TemporalJoinsTest {

  /** Rows are written {@code a=row}; {@code a=} deletes one. */
  private static TemporalJoin<String, String> join(Job job) {
    Table<String, String> table =
        source(job, "rows")
            .toTable(LetterTopics::letter, line -> line.length() == 2 ? null : line.substring(2));
    return source(job, "stream").join(table).on(LetterTopics::letter).asOfEventTime();
  }

  private static void send(JobTest test, String topic, int partition, long ms, String value) {
    test.topic(topic, String.class).sendAt(partition, START.plusMillis(ms), value);
  }

  // ------------------------------------------------------------------ a batch

  private record In(String topic, int number, long ms, String value) {}

  private static List<In> inputs(Random random) {
    List<In> inputs = new ArrayList<>();
    for (int i = 0; i < 80; i++) {
      // No two of one time: rows of several partitions arrive in any order.
      long ms = (i / 2 + random.nextInt(3)) * 1_000L + i;
      String key = "" + "abc".charAt(random.nextInt(3));
      boolean isRow = random.nextBoolean();
      String row = key + "=" + (random.nextInt(4) == 0 ? "" : i);
      inputs.add(new In(isRow ? "rows" : "stream", i, ms, isRow ? row : key + i));
    }
    return inputs;
  }

  private static List<String> expected(List<In> inputs) {
    List<String> results = new ArrayList<>();
    for (In record : inputs) {
      if (record.topic().equals("stream")) {
        In row = null;
        for (In one : inputs) {
          if (one.topic().equals("rows")
              && letter(one.value()).equals(letter(record.value()))
              && one.ms() <= record.ms()
              && (row == null || one.ms() > row.ms())) {
            row = one;
          }
        }
        String found = row == null || row.value().length() == 2 ? "null" : row.value().substring(2);
        results.add(record.value() + "+" + found);
      }
    }
    return results;
  }

  @ParameterizedTest
  @EnumSource(CommitFailure.class)
  void theResultsAreThoseOfABatchWhicheverCommitFails(CommitFailure failure) {
    for (EachCommit.Attempt attempt : EachCommit.with(failure).every(5)) {
      Random random = new Random(attempt.seed());
      Job job = Job.named("temporal");
      join(job).left((value, row) -> value + "+" + row).to(KafkaSink.strings("out"));
      try (JobTest test = attempt.start(JobTest.builder(job).instances(2).startAt(START))) {
        test.topic("stream", String.class).partitions(2);
        test.topic("rows", String.class).partitions(3);
        List<In> inputs = inputs(random);
        for (In one : inputs) {
          send(test, one.topic(), one.number() % 2, one.ms(), one.value());
          if (one.number() % 20 == 19) {
            test.run();
          }
        }
        test.endInput();
        assertThat(test.lateRecords()).isZero();
        assertThat(out(test))
            .as("%s", attempt)
            .containsExactlyInAnyOrderElementsOf(expected(inputs));
      }
    }
  }

  // ------------------------------------------------------------------ time

  @Test
  void aRecordWaitsForBothSides() {
    Job job = Job.named("waits");
    join(job).inner((value, row) -> value + "+" + row).to(KafkaSink.strings("out"));
    try (JobTest test = JobTest.builder(job).startAt(START).build()) {
      send(test, "rows", 0, 1_000, "a=x");
      send(test, "rows", 0, 9_000, "a=z");
      send(test, "stream", 0, 8_000, "a1");
      send(test, "stream", 0, 60_000, "b2");
      test.run();
      assertThat(out(test)).as("another row may come").isEmpty();
      send(test, "rows", 0, 7_000, "a=y");
      test.run();
      test.restart(LocalState.LOST);
      send(test, "rows", 0, 12_000, "b=v");
      test.run();
      assertThat(out(test)).containsExactly("a1+y");
      send(test, "rows", 0, 70_000, "c=w");
      send(test, "stream", 0, 70_000, "c3");
      test.run();
      assertThat(out(test)).containsExactly("a1+y", "b2+v");
      test.restart();
      test.endInput();
      assertThat(out(test)).containsExactly("a1+y", "b2+v", "c3+w");
    }
  }

  @Test
  void allVersionsOfATransactionAreKnown() {
    Job job = Job.named("versions");
    join(job).inner((value, row) -> value + "+" + row).to(KafkaSink.strings("out"));
    try (JobTest test = JobTest.builder(job).startAt(START).build()) {
      List<String> expected = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        send(test, "rows", 0, i * 100, "a=" + i);
        send(test, "stream", 0, i * 100 + 50, "a" + i);
        expected.add("a" + i + "+" + i);
      }
      test.endInput();
      assertThat(out(test)).containsExactlyElementsOf(expected);
      assertThat(test.stages()).containsExactlyInAnyOrder("rows", "stream", "stream-rows-join");
    }
  }

  @Test
  void resultsAreNotLateAfterTheJoin() {
    Job job = Job.named("counted");
    join(job)
        .left((value, row) -> value + "+" + row)
        .keyBy(pair -> "all")
        .window(Windows.tumbling(Duration.ofSeconds(1)))
        .count()
        .map(result -> result.window().start().getEpochSecond() % 100 + ":" + result.value())
        .to(KafkaSink.strings("out"));
    try (JobTest test = JobTest.builder(job).startAt(START).build()) {
      for (int second = 0; second < 20; second++) {
        send(test, "stream", 0, second * 1_000 + 1, "a" + second);
        send(test, "stream", 0, second * 1_000, "b" + second);
        send(test, "rows", 0, second * 1_000, "a=" + second);
        test.run();
      }
      assertThat(out(test)).hasSize(16);
      test.endInput();
      assertThat(test.lateRecords()).isZero();
      assertThat(out(test)).hasSize(20).allMatch(line -> line.endsWith(":2"));
    }
  }

  @Test
  void lateRecordsAreCountedAndWritten() {
    OutputTag<Late<String>> late = Late.tag("late", String.class);
    Job job = Job.named("late");
    DataStream<String> joined = join(job).lateTo(late).left((value, row) -> value + "+" + row);
    joined.to(KafkaSink.strings("out"));
    joined.sideOutput(late).map(Late::value).to(KafkaSink.strings("late"));
    try (JobTest test = JobTest.builder(job).startAt(START).build()) {
      send(test, "stream", 0, 20_000, "a1");
      send(test, "rows", 0, 1_000, "a=x");
      send(test, "rows", 0, 20_000, "b=y");
      test.run();
      send(test, "stream", 0, 16_999, "a2 late");
      send(test, "stream", 0, 17_000, "a3 in time");
      send(test, "rows", 0, 500, "a=older");
      send(test, "rows", 0, 2_000, "a=newer");
      test.run();
      assertThat(test.output("late", String.class)).containsExactly("a2 late");
      assertThat(test.lateRecords()).as("the record and the older row").isEqualTo(2);
      test.endInput();
      assertThat(out(test)).containsExactly("a3 in time+newer", "a1+newer");
    }
  }

  @Test
  void aStreamIsLookedUpInItsOwnNewestRecords() {
    Job job = Job.named("self");
    KeyedStream<String, String> keyed = source(job, "stream").keyBy(LetterTopics::letter);
    keyed
        .join(keyed.latest())
        .asOfEventTime()
        .left((value, row) -> value + "+" + row)
        .to(KafkaSink.strings("out"));
    try (JobTest test = JobTest.builder(job).startAt(START).build()) {
      send(test, "stream", 0, 2_000, "a2");
      send(test, "stream", 0, 1_000, "a1");
      test.endInput();
      assertThat(out(test)).containsExactly("a1+a1", "a2+a2");
    }
  }

  // ------------------------------------------------------------------ failures

  @Test
  void aRecordThatFailsIsTheDeadLetter() {
    Job job = Job.named("dead");
    join(job)
        .left(
            (value, row) -> {
              if (value.endsWith("!")) {
                throw new IllegalArgumentException("cannot join");
              }
              return value + "+" + row;
            })
        .onError(ErrorPolicy.deadLetter())
        .name("joined")
        .to(KafkaSink.strings("out"));
    try (JobTest test = JobTest.builder(job).startAt(START).build()) {
      send(test, "stream", 0, 1_000, "a1");
      send(test, "stream", 0, 2_000, "a2!");
      send(test, "stream", 0, 3_000, "a3");
      test.endInput();
      assertThat(out(test)).containsExactly("a1+null", "a3+null");
      assertThat(test.deadLetters()).hasSize(1);
      assertThat(test.deadLetters().get(0).operator()).isEqualTo("joined");
      assertThat(new String(test.deadLetters().get(0).value(), StandardCharsets.UTF_8))
          .isEqualTo("a2!");
    }
  }
}
