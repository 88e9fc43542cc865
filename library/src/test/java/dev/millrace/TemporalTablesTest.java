package dev.millrace;

import static dev.millrace.LetterTopics.BOUND;
import static dev.millrace.LetterTopics.START;
import static dev.millrace.LetterTopics.letter;
import static dev.millrace.LetterTopics.out;
import static dev.millrace.LetterTopics.source;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaTable;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.testkit.CommitFailure;
import dev.millrace.testkit.EachCommit;
import dev.millrace.testkit.JobTest;
import dev.millrace.testkit.LocalState;
import dev.millrace.testkit.MadeTable;
import dev.millrace.testkit.TestRecord;
import dev.millrace.time.Watermarks;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Look-ups as of event time in tables of topics, and in tables that are made of others. */
final class TemporalTablesTest {

  private static final String KEYS = "abcd";

  private static Table<String, String> topic(Job job, String topic) {
    return job.table(
        KafkaTable.strings(topic, String.class)
            .watermarks(Watermarks.boundedOutOfOrderness(BOUND)));
  }

  private static Job job(Table<String, ?> table, Job job) {
    source(job, "stream")
        .join(table)
        .on(LetterTopics::letter)
        .asOfEventTime()
        .left((value, row) -> value + "+" + row)
        .name("joined")
        .to(KafkaSink.strings("out"));
    return job;
  }

  private static void row(JobTest test, String topic, long ms, String key, String row) {
    test.topic(topic, String.class).send(TestRecord.of(row).key(key).at(START.plusMillis(ms)));
  }

  private static void send(JobTest test, long ms, String value) {
    test.topic("stream", String.class).send(TestRecord.of(value).at(START.plusMillis(ms)));
  }

  // ------------------------------------------------------------------ all versions

  @ParameterizedTest
  @ValueSource(ints = {1, 4})
  void allVersionsOfATopicAreKnownHoweverManyACommitHas(int partitions) {
    Random random = new Random(partitions);
    Job job = Job.named("versions");
    try (JobTest test =
        JobTest.builder(job(topic(job, "rows"), job)).instances(2).startAt(START).build()) {
      test.topic("rows", String.class).partitions(partitions);
      test.topic("stream", String.class).partitions(partitions);
      Map<String, TreeMap<Long, String>> versions = new TreeMap<>();
      List<Long> times = new ArrayList<>();
      for (long i = 0; i < 200; i++) {
        times.add(i * 10);
      }
      // Old ones come later, as far as nothing is late.
      for (int i = 0; i < times.size(); i++) {
        long ms = times.get(i) + random.nextInt(10);
        String key = letter(KEYS.substring(random.nextInt(4)));
        row(test, "rows", ms, key, "r" + i);
        versions.computeIfAbsent(key, each -> new TreeMap<>()).put(ms, "r" + i);
      }
      List<String> expected = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        long ms = random.nextInt(2_000);
        String key = letter(KEYS.substring(random.nextInt(4)));
        send(test, ms, key + i);
        Map.Entry<Long, String> found = versions.getOrDefault(key, new TreeMap<>()).floorEntry(ms);
        expected.add(key + i + "+" + (found == null ? null : found.getValue()));
      }
      test.endInput();
      assertThat(test.lateRecords()).isZero();
      assertThat(out(test)).containsExactlyInAnyOrderElementsOf(expected);
      assertThat(test.stages()).containsExactlyInAnyOrder("rows", "stream", "joined");
    }
  }

  /** A tombstone has the time at which it was written. */
  @Test
  void aTombstoneDeletesTheRowFromItsTimeOn() {
    Job job = Job.named("deleted");
    try (JobTest test = JobTest.builder(job(topic(job, "rows"), job)).startAt(START).build()) {
      row(test, "rows", 0, "a", "x");
      test.advanceProcessingTime(Duration.ofSeconds(60));
      test.topic("rows", String.class).sendTombstone("a");
      send(test, 59_999, "a1");
      send(test, 60_000, "a2");
      test.endInput();
      assertThat(out(test)).containsExactly("a1+x", "a2+null");
    }
  }

  @Test
  void aTableThatOthersReadIsThereBesides() {
    Job job = Job.named("both");
    Table<String, String> table = topic(job, "rows");
    table.to(KafkaSink.upsert("copy"));
    try (JobTest test = JobTest.builder(job(table, job)).startAt(START).build()) {
      row(test, "rows", 1_000, "a", "x");
      row(test, "rows", 2_000, "a", "y");
      send(test, 1_500, "a1");
      test.restart(LocalState.LOST);
      send(test, 2_500, "a2");
      test.endInput();
      assertThat(out(test)).containsExactly("a1+x", "a2+y");
      assertThat(test.table("copy", String.class)).containsOnly(Map.entry("a", "\"y\""));
    }
  }

  // ------------------------------------------------------------------ versions at commits

  /**
   * One change of a table comes to rest before the next, so that it is known which changes there
   * are. Records come before and after the changes that they find.
   */
  private static void check(MadeTable made, int partitions, EachCommit.Attempt attempt) {
    Random random = new Random(attempt.seed() * 31L + partitions);
    Job job = Job.named("made");
    Table<String, ?> table = made.of(() -> topic(job, "left"), () -> topic(job, "right"));
    try (JobTest test =
        attempt.start(JobTest.builder(job(table, job)).instances(2).startAt(START))) {
      test.topic("left", String.class).partitions(partitions);
      test.topic("stream", String.class).partitions(partitions);
      Map<String, String> left = new TreeMap<>();
      Map<String, String> right = new TreeMap<>();
      TreeMap<Long, Map<String, ?>> history = new TreeMap<>();
      List<String> values = new ArrayList<>();
      List<Long> times = new ArrayList<>();
      for (int i = 0; i < 24; i++) {
        String key = letter(KEYS.substring(random.nextInt(4)));
        boolean isLeft = !made.isOfTwo() || random.nextBoolean();
        String row = "r" + random.nextInt(7);
        (isLeft ? left : right).put(key, row);
        row(test, isLeft ? "left" : "right", i * 1_000L, key, row);
        history.put(i * 1_000L, made.from(left, right));
        for (int j = 0; j < 3; j++) {
          long ms = Math.max(0, i + random.nextInt(5) - 2) * 1_000L + 500;
          String value = letter(KEYS.substring(random.nextInt(4))) + values.size();
          send(test, ms, value);
          values.add(value);
          times.add(ms);
        }
        test.run();
      }
      test.endInput();
      List<String> expected = new ArrayList<>();
      for (int i = 0; i < values.size(); i++) {
        Map<String, ?> then = history.floorEntry(times.get(i)).getValue();
        expected.add(values.get(i) + "+" + then.get(letter(values.get(i))));
      }
      assertThat(test.lateRecords()).isZero();
      assertThat(out(test))
          .as("%s, %d partitions, %s", made, partitions, attempt)
          .containsExactlyInAnyOrderElementsOf(expected);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aRecordFindsTheRowThatTheTableHadAtItsTime(MadeTable made) {
    for (CommitFailure failure : CommitFailure.values()) {
      for (EachCommit.Attempt attempt : EachCommit.with(failure).every(43)) {
        boolean isWide = (attempt.number() + failure.ordinal()) % 2 == 0;
        check(made, isWide ? 4 : 1, attempt);
      }
    }
  }

  /** The table's rows lie by the key already, so they are looked up where they are made. */
  @Test
  void anAggregateIsLookedUpInItsOwnStage() {
    Job job = Job.named("counts");
    job(source(job, "words").keyBy(LetterTopics::letter).count().name("counts"), job);
    try (JobTest test = JobTest.builder(job).startAt(START).build()) {
      assertThat(test.stages()).containsExactlyInAnyOrder("words", "counts", "stream");
      List<String> expected = new ArrayList<>();
      for (int i = 1; i <= 20; i++) {
        test.topic("words", String.class)
            .send(TestRecord.of("a" + i).at(START.plusMillis(i * 1_000)));
        send(test, i * 1_000 + 500, "a" + i);
        send(test, i * 1_000 - 1, "a-" + i);
        expected.add("a" + i + "+" + i);
        expected.add("a-" + i + "+" + (i == 1 ? null : i - 1));
        test.run();
        if (i % 7 == 0) {
          test.restart(LocalState.LOST);
        }
      }
      test.endInput();
      assertThat(test.lateRecords()).isZero();
      assertThat(out(test)).containsExactlyInAnyOrderElementsOf(expected);
    }
  }

  /** What is between two commits is not known: the version before is found. */
  @Test
  void ofTheChangesOfACommitTheLastOneIsAVersion() {
    Job job = Job.named("netted");
    try (JobTest test =
        JobTest.builder(job(topic(job, "rows").mapValues(row -> row), job))
            .startAt(START)
            .build()) {
      row(test, "rows", 1_000, "a", "x");
      test.run();
      row(test, "rows", 2_000, "a", "y");
      row(test, "rows", 3_000, "a", "z");
      send(test, 2_500, "a1");
      send(test, 3_500, "a2");
      test.endInput();
      assertThat(out(test)).containsExactly("a1+x", "a2+z");
    }
  }

  /** A late record changes a row and not its time: records that are not through find it. */
  @Test
  void aLateChangeIsFoundByThoseThatAreNotThrough() {
    Job job = Job.named("late");
    job(source(job, "words").keyBy(LetterTopics::letter).count(), job);
    try (JobTest test = JobTest.builder(job).startAt(START).build()) {
      test.topic("words", String.class).send(TestRecord.of("a").at(START.plusSeconds(10)));
      test.topic("words", String.class).send(TestRecord.of("b").at(START.plusSeconds(60)));
      send(test, 20_000, "a1");
      send(test, 60_000, "a2");
      test.run();
      assertThat(out(test)).containsExactly("a1+1");
      test.topic("words", String.class).send(TestRecord.of("a").at(START.plusSeconds(1)));
      test.run();
      test.endInput();
      assertThat(out(test)).containsExactly("a1+1", "a2+2");
    }
  }

  @Test
  void aRowThatAStepDropsIsNotThereFromTheTimeOfItsChangeOn() {
    Job job = Job.named("dropped");
    Table<String, String> table =
        topic(job, "rows")
            .mapValues(
                row -> {
                  if (row.equals("bad")) {
                    throw new IllegalArgumentException("cannot map");
                  }
                  return row;
                })
            .onError(ErrorPolicy.skip());
    try (JobTest test = JobTest.builder(job(table, job)).startAt(START).build()) {
      for (String row : List.of("x", "bad", "y")) {
        long ms = List.of("x", "bad", "y").indexOf(row) * 1_000L;
        row(test, "rows", ms, "a", row);
        send(test, ms + 500, "a" + row);
        test.run();
      }
      test.endInput();
      assertThat(out(test)).containsExactly("ax+x", "abad+null", "ay+y");
    }
  }
}
