package dev.millrace;

import static dev.millrace.LetterTopics.START;
import static dev.millrace.LetterTopics.letter;
import static dev.millrace.LetterTopics.out;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.testkit.CommitFailure;
import dev.millrace.testkit.EachCommit;
import dev.millrace.testkit.JobTest;
import dev.millrace.testkit.LocalState;
import dev.millrace.time.Watermarks;
import dev.millrace.window.Windows;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Jobs that look up tables as of now, on the simulated cluster. */
final class TableLookupsTest {

  /** Rows are written {@code key=row}; {@code key=} deletes one. */
  private static Table<String, String> table(Job job) {
    return job.source(KafkaSource.strings("rows"))
        .toTable(
            line -> line.substring(0, line.indexOf('=')),
            line -> line.endsWith("=") ? null : line.substring(line.indexOf('=') + 1))
        .name("table");
  }

  private static DataStream<String> stream(Job job) {
    return job.source(KafkaSource.strings("stream").watermarks(Watermarks.monotonous()));
  }

  private static void row(JobTest test, String line) {
    test.topic("rows", String.class).send(line);
  }

  private static void send(JobTest test, long second, String value) {
    test.topic("stream", String.class).sendAt(0, START.plusSeconds(second), value);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void recordsFindTheRowsOfTheMoment(boolean isKeyed) {
    Job job = Job.named("lookup");
    KeyedStreamTableJoin<String, String, String> join =
        isKeyed
            ? stream(job).keyBy(LetterTopics::letter).join(table(job))
            : stream(job).join(table(job)).on(LetterTopics::letter);
    join.left((value, row) -> value + "+" + row).to(KafkaSink.strings("out"));
    try (JobTest test = JobTest.builder(job).startAt(START).build()) {
      send(test, 0, "a1");
      test.run();
      row(test, "a=x");
      test.run();
      send(test, 1, "a2");
      send(test, 0, "a3");
      test.run();
      row(test, "a=y");
      row(test, "b=z");
      test.run();
      test.restart(LocalState.LOST);
      send(test, 2, "a4");
      send(test, 2, "b5");
      test.run();
      row(test, "a=");
      test.run();
      send(test, 3, "a6");
      test.run();
      assertThat(out(test)).containsExactly("a1+null", "a2+x", "a3+x", "a4+y", "b5+z", "a6+null");
    }
  }

  @Test
  void whatMadeTheTableMayBeAnotherTablesRows() {
    Job job = Job.named("lookup");
    Table<String, String> table =
        table(job).filter((key, row) -> !row.startsWith("-")).mapValues(row -> row + "!");
    stream(job)
        .join(table)
        .on(LetterTopics::letter)
        .left((value, row) -> value + "+" + row)
        .to(KafkaSink.strings("out"));
    try (JobTest test = JobTest.builder(job).startAt(START).build()) {
      row(test, "a=x");
      test.run();
      send(test, 1, "a1");
      test.run();
      row(test, "a=-x");
      test.run();
      send(test, 2, "a2");
      test.run();
      assertThat(out(test)).containsExactly("a1+x!", "a2+null");
    }
  }

  @Test
  void aStreamOfAnotherTablesChangesFindsRowsWhereItLies() {
    Job job = Job.named("lookup");
    DataStream<String> words = stream(job);
    words
        .keyBy(LetterTopics::letter)
        .count()
        .changes()
        .keyBy(change -> change.key())
        .join(table(job))
        .inner((change, row) -> change.value() + row)
        .to(KafkaSink.strings("out"));
    try (JobTest test = JobTest.builder(job).startAt(START).build()) {
      row(test, "a=x");
      test.run();
      send(test, 1, "a1");
      test.run();
      send(test, 2, "b1");
      send(test, 2, "a1");
      test.run();
      assertThat(out(test)).containsExactly("1x", "1x", "2x");
    }
  }

  // ------------------------------------------------------------------ time

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aTableThatStandsStillHoldsNoWindowBack(boolean hasRows) {
    Job job = Job.named("windows");
    stream(job)
        .join(table(job))
        .on(LetterTopics::letter)
        .left((value, row) -> value + row)
        .keyBy(value -> "all")
        .window(Windows.tumbling(Duration.ofSeconds(10)))
        .count()
        .map(result -> result.window().start().getEpochSecond() % 100 + ":" + result.value())
        .to(KafkaSink.strings("out"));
    try (JobTest test = JobTest.builder(job).startAt(START).build()) {
      if (hasRows) {
        test.topic("rows", String.class).sendAt(0, START.minusSeconds(1_000), "a=x");
      }
      send(test, 1, "a1");
      send(test, 2, "a2");
      send(test, 11, "a3");
      test.run();
      assertThat(out(test)).containsExactly("0:2");
      test.restart();
      test.topic("rows", String.class).sendAt(0, START.minusSeconds(500), "b=x");
      send(test, 12, "b4");
      send(test, 20, "b5");
      test.run();
      assertThat(out(test)).containsExactly("0:2", "10:2");
      assertThat(test.lateRecords()).isZero();
    }
  }

  @Test
  void aJobThatEndsReadsTheTableFirst() {
    for (int seed = 0; seed < 20; seed++) {
      Job job = Job.named("ending");
      stream(job)
          .join(table(job))
          .on(LetterTopics::letter)
          .inner((value, row) -> value + "+" + row)
          .to(KafkaSink.strings("out"));
      try (JobTest test =
          JobTest.builder(job)
              .set("until.end", "true")
              .seed(seed)
              .instances(2)
              .startAt(START)
              .build()) {
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 26; i++) {
          String letter = "" + (char) ('a' + i);
          send(test, i, letter + i);
          row(test, letter + "=old");
          row(test, letter + "=" + i);
          expected.add(letter + i + "+" + i);
        }
        test.run();
        assertThat(out(test)).as("seed %d", seed).containsExactlyInAnyOrderElementsOf(expected);
      }
    }
  }

  // ------------------------------------------------------------------ failures

  /** Between two phases everything is read, so that it is known which row a record finds. */
  @ParameterizedTest
  @EnumSource(CommitFailure.class)
  void eachRecordMakesOneResultWhicheverCommitFails(CommitFailure failure) {
    for (EachCommit.Attempt attempt : EachCommit.with(failure).every(5)) {
      Random random = new Random(attempt.seed());
      Job job = Job.named("phases");
      stream(job)
          .join(table(job))
          .on(LetterTopics::letter)
          .left((value, row) -> value + "+" + row)
          .to(KafkaSink.strings("out"));
      try (JobTest test = attempt.start(JobTest.builder(job).instances(2).startAt(START))) {
        test.topic("rows", String.class).partitions(1);
        test.topic("stream", String.class).partitions(3);
        Map<String, String> model = new HashMap<>();
        List<String> expected = new ArrayList<>();
        for (int phase = 0; phase < 4; phase++) {
          for (int i = 0; i < 6; i++) {
            String key = "" + "abcd".charAt(random.nextInt(4));
            boolean deleted = random.nextInt(4) == 0;
            row(test, key + "=" + (deleted ? "" : phase + "." + i));
            if (deleted) {
              model.remove(key);
            } else {
              model.put(key, phase + "." + i);
            }
          }
          test.run();
          for (int i = 0; i < 10; i++) {
            String value = "abcd".charAt(random.nextInt(4)) + "" + phase + i;
            test.topic("stream", String.class)
                .sendAt(i % 3, START.plusSeconds(random.nextInt(50)), value);
            expected.add(value + "+" + model.get(letter(value)));
          }
          test.run();
        }
        assertThat(out(test)).as("%s", attempt).containsExactlyInAnyOrderElementsOf(expected);
        assertThat(test.stateRows("stream-table-join")).isEqualTo(model.size());
      }
    }
  }

  @Test
  void aRecordThatFailsIsTheDeadLetter() {
    Job job = Job.named("dead");
    stream(job)
        .join(table(job))
        .on(LetterTopics::letter)
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
      send(test, 1, "a1");
      send(test, 2, "a2!");
      send(test, 3, "a3");
      test.run();
      assertThat(out(test)).containsExactly("a1+null", "a3+null");
      assertThat(test.deadLetters()).hasSize(1);
      assertThat(test.deadLetters().get(0).operator()).isEqualTo("joined");
      assertThat(new String(test.deadLetters().get(0).value(), StandardCharsets.UTF_8))
          .contains("a2!");
    }
  }

  /** No record finds the row that it has replaced. */
  @Test
  void aRowThatCannotBeSentIsNotThere() {
    Job job = Job.named("lookup");
    Table<String, String> table =
        table(job).mapValues(row -> row.equals("large") ? "x".repeat(2_000_000) : row);
    stream(job)
        .join(table)
        .on(LetterTopics::letter)
        .left((value, row) -> value + "+" + row)
        .to(KafkaSink.strings("out"));
    try (JobTest test = JobTest.builder(job).startAt(START).set("errors.policy", "skip").build()) {
      for (String line : List.of("a=x", "a=large", "a=y")) {
        row(test, line);
        test.run();
        send(test, 1, "a");
        test.run();
      }
      assertThat(out(test)).containsExactly("a+x", "a+null", "a+y");
    }
  }
}
