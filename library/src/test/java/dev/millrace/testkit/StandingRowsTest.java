package dev.millrace.testkit;

import static dev.millrace.testkit.StandingRows.allBut;
import static dev.millrace.testkit.StandingRows.fill;
import static dev.millrace.testkit.StandingRows.job;
import static dev.millrace.testkit.StandingRows.lookUp;
import static dev.millrace.testkit.StandingRows.made;
import static dev.millrace.testkit.StandingRows.out;
import static dev.millrace.testkit.StandingRows.rows;
import static dev.millrace.testkit.StandingRows.send;
import static dev.millrace.testkit.StandingRows.stream;
import static dev.millrace.testkit.StandingRows.waits;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Job;
import dev.millrace.Table;
import dev.millrace.config.ProcessingGuarantee;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.connector.KafkaTable;
import dev.millrace.time.Watermarks;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Look-ups of rows that stood in the topics of tables before the job was first started: what is
 * found, and what waits until then. Where some stages run on no instance, a wait lasts until a test
 * has one that runs them.
 */
final class StandingRowsTest {

  // ------------------------------------------------------------------ what is found

  @ParameterizedTest
  @CsvSource({"1, 1", "4, 4", "1, 3", "3, 1"})
  void eachRecordFindsTheRowThatStoodThere(int tables, int streams) {
    for (int seed = 0; seed < 4; seed++) {
      Random random = new Random(seed);
      ProcessingGuarantee guarantee =
          ProcessingGuarantee.values()[seed % ProcessingGuarantee.values().length];
      try (JobTest test =
          JobTest.builder(job())
              .seed(seed)
              .instances(1 + seed / 2 % 2)
              .guarantee(guarantee)
              .set("max.poll.records", "10")
              .build()) {
        test.topic("rows", String.class).partitions(tables);
        test.topic("stream", String.class).partitions(streams);
        List<String> expected = send(test, 100, fill(test, "rows", 300, random), random);
        test.run();
        assertThat(out(test)).as("seed %d", seed).containsExactlyInAnyOrderElementsOf(expected);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void eachRecordFindsTheRowThatStoodInATableMadeOfThose(MadeTable made) {
    for (int seed = 0; seed < 4; seed++) {
      Random random = new Random(seed);
      Job job = Job.named("standing");
      lookUp(stream(job), made(job, made));
      try (JobTest test =
          JobTest.builder(job)
              .seed(seed)
              .instances(1 + seed % 2)
              .set("max.poll.records", "20")
              .build()) {
        test.topic("rows", String.class).partitions(seed % 3 + 1);
        Map<String, String> rows = fill(test, "rows", 200, random);
        Map<String, String> others = made.isOfTwo() ? fill(test, "others", 60, random) : Map.of();
        List<String> expected = send(test, 60, made.from(rows, others), random);
        test.run();
        assertThat(out(test)).as("seed %d", seed).containsExactlyInAnyOrderElementsOf(expected);
      }
    }
  }

  /** It dies, aborts, or commits without knowing, at any moment of the loading. */
  @ParameterizedTest
  @EnumSource(CommitFailure.class)
  void eachRecordFindsTheRowThatStoodThereWhicheverCommitFails(CommitFailure failure) {
    for (EachCommit.Attempt attempt : EachCommit.with(failure).every(17)) {
      Random random = new Random(attempt.seed());
      Job job = Job.named("standing");
      lookUp(stream(job), made(job, MadeTable.BY_A_FOREIGN_KEY));
      try (JobTest test =
          attempt.start(JobTest.builder(job).instances(2).set("max.poll.records", "10"))) {
        test.topic("rows", String.class).partitions(2);
        Map<String, String> rows = fill(test, "rows", 40, random);
        Map<String, String> others = fill(test, "others", 20, random);
        Map<String, String> made = MadeTable.BY_A_FOREIGN_KEY.from(rows, others);
        List<String> expected = send(test, 20, made, random);
        test.run();
        assertThat(out(test)).as("%s", attempt).containsExactlyInAnyOrderElementsOf(expected);
      }
    }
  }

  /** Each change of the group is joined with many rows, in the stage of the group. */
  @Test
  void whatTakesSeveralCommitsAfterTheLastRowIsAwaited() {
    Job job = Job.named("standing");
    Table<String, Long> group =
        job.table(KafkaTable.strings("others", String.class)).groupBy((key, row) -> "all").count();
    stream(job)
        .join(
            rows(job)
                .onForeignKey(row -> "all")
                .join(group)
                .left((row, count) -> row + count + "x".repeat(20_000))
                .mapValues(row -> row.replace("x", "")))
        .on(value -> value)
        .left((value, row) -> value + "+" + row)
        .to(KafkaSink.strings("out"));
    try (JobTest test =
        JobTest.builder(job)
            .set("heap.memory", "16MB")
            .set("max.poll.records", "20")
            .set("stages", allBut(job, "others"))
            .build()) {
      List<String> expected = new ArrayList<>();
      for (int i = 0; i < 150; i++) {
        test.topic("rows", String.class).send(TestRecord.of("r").key("k" + i));
        test.topic("stream", String.class).send("k" + i);
        expected.add("k" + i + "+r41");
      }
      for (int i = 0; i <= 40; i++) {
        test.topic("others", String.class).send(TestRecord.of("o").key("k" + i));
      }
      test.run();
      assertThat(out(test)).isEmpty();
      test.set("stages", "");
      test.scaleTo(2);
      assertThat(out(test)).containsExactlyInAnyOrderElementsOf(expected);
    }
  }

  // ------------------------------------------------------------------ waiting

  @Test
  void theStreamIsNotReadBeforeTheTableIsThereAlsoAfterARestart() {
    Random random = new Random(1);
    try (JobTest test = JobTest.builder(job()).set("stages", "stream,joined").build()) {
      test.topic("rows", String.class).partitions(2);
      List<String> expected = send(test, 50, fill(test, "rows", 100, random), random);
      test.run();
      assertThat(waits(test)).isTrue();
      test.restart(LocalState.LOST);
      test.restart(LocalState.KEPT);
      test.advanceProcessingTime(Duration.ofMinutes(10));
      assertThat(waits(test)).isTrue();
      assertThat(out(test)).isEmpty();
      test.set("stages", "");
      test.scaleTo(2);
      assertThat(waits(test)).isFalse();
      assertThat(out(test)).containsExactlyInAnyOrderElementsOf(expected);
    }
  }

  @Test
  void whatIsLoadedStaysLoaded() {
    try (JobTest test = JobTest.of(job())) {
      test.topic("rows", String.class).send(TestRecord.of("a1").key("a"));
      test.run();
      test.set("stages", "stream,joined");
      test.restart(LocalState.LOST);
      test.topic("rows", String.class).send(TestRecord.of("a2").key("a"));
      test.topic("stream", String.class).send("a").send("b");
      test.run();
      assertThat(waits(test)).isFalse();
      assertThat(out(test)).containsExactlyInAnyOrder("a+a1", "b+null");
    }
  }

  @Test
  void allTopicsOfATableAreAwaited() {
    Job job = Job.named("standing");
    lookUp(stream(job), made(job, MadeTable.BY_A_JOIN));
    Random random = new Random(2);
    try (JobTest test = JobTest.builder(job).set("stages", allBut(job, "others")).build()) {
      Map<String, String> rows = fill(test, "rows", 100, random);
      Map<String, String> others = fill(test, "others", 100, random);
      List<String> expected = send(test, 50, MadeTable.BY_A_JOIN.from(rows, others), random);
      test.run();
      assertThat(out(test)).isEmpty();
      test.restart(LocalState.LOST);
      assertThat(out(test)).isEmpty();
      test.set("stages", "");
      test.scaleTo(2);
      assertThat(out(test)).containsExactlyInAnyOrderElementsOf(expected);
    }
  }

  @Test
  void aTableWithoutRowsIsLoadedAtOnce() {
    try (JobTest test = JobTest.of(job())) {
      test.topic("rows", String.class).partitions(3);
      test.topic("stream", String.class).send("a").send("b");
      test.run();
      assertThat(out(test)).containsExactlyInAnyOrder("a+null", "b+null");
    }
  }

  @Test
  void aTableOfWhichSomePartitionsHaveNoRowsIsLoadedAtOnce() {
    try (JobTest test = JobTest.of(job())) {
      test.topic("rows", String.class)
          .partitions(3)
          .send(TestRecord.of("a1").key("a").partition(1));
      test.topic("stream", String.class).send("a").send("b");
      test.run();
      assertThat(out(test)).containsExactlyInAnyOrder("a+a1", "b+null");
    }
  }

  /** Tasks take turns: one that was loading elsewhere goes on where its owner has committed. */
  @Test
  void aTableIsLoadedWhoeverHasItsTasks() {
    Random random = new Random(4);
    try (JobTest test =
        JobTest.builder(job()).seed(4).instances(2).set("max.poll.records", "3").build()) {
      test.topic("rows", String.class).partitions(4);
      List<String> expected = send(test, 40, fill(test, "rows", 200, random), random);
      for (int commit = 3; commit < 30; commit += 9) {
        test.failCommit(commit, CommitFailure.KILLED_BEFORE);
      }
      test.expel(0);
      test.run();
      assertThat(out(test)).containsExactlyInAnyOrderElementsOf(expected);
    }
  }

  /**
   * A run that goes on after one with an end has its rows, and waits for nothing that came then.
   */
  @Test
  void aFurtherRunHasTheTable() {
    try (JobTest test = JobTest.of(job())) {
      test.topic("rows", String.class).send(TestRecord.of("a1").key("a"));
      test.topic("stream", String.class).send("a");
      test.endInput();
      test.set("until.end", "false");
      test.topic("stream", String.class).send("a").send("b");
      test.restart(LocalState.LOST);
      assertThat(out(test)).containsExactlyInAnyOrder("a+a1", "a+a1", "b+null");
      test.topic("rows", String.class).send(TestRecord.of("b1").key("b"));
      test.run();
      test.topic("stream", String.class).send("b");
      test.run();
      assertThat(out(test)).contains("b+b1");
    }
  }

  /** An idle table, and one whose times are old, holds neither the stream nor its windows back. */
  @Test
  void aTableThatHasIdlePartitionsIsLoaded() {
    Job job = Job.named("standing");
    Watermarks<Object> idle = Watermarks.monotonous().idleness(Duration.ofSeconds(2));
    lookUp(
        job.source(KafkaSource.strings("stream").watermarks(idle)),
        job.table(KafkaTable.strings("rows", String.class).watermarks(idle))
            .join(job.table(KafkaTable.strings("others", String.class).watermarks(idle)))
            .outer((one, other) -> one + "/" + other));
    try (JobTest test = JobTest.of(job)) {
      test.topic("rows", String.class).partitions(3).send(TestRecord.of("a1").key("a"));
      test.topic("stream", String.class).send("a");
      test.advanceProcessingTime(Duration.ofSeconds(30));
      assertThat(out(test)).containsExactly("a+a1/null");
    }
  }
}
