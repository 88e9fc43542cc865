package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Job;
import dev.millrace.config.JobConfig;
import dev.millrace.config.ProcessingGuarantee;
import dev.millrace.connector.FileSink;
import dev.millrace.connector.FileSource;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.JobStateException;
import dev.millrace.internal.meta.MetaTopic;
import dev.millrace.process.KeyedProcessFunction;
import dev.millrace.state.ValueState;
import dev.millrace.time.TimeDomain;
import dev.millrace.time.Watermarks;
import dev.millrace.window.Windows;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Checks that a job which has come to the end of its input goes on with new input. */
final class FurtherRunsTest {

  record Reading(String key, long value, long atMs) {}

  private static final Instant START = Instant.parse("2026-03-01T12:00:00Z");
  private static final int PARTITIONS = 3;

  @TempDir Path directory;

  private final Map<String, Long> expected = new TreeMap<>();

  /** A source, the even spread, a running aggregate: three stages, two of them without state. */
  private static Job totals() {
    Job job = Job.named("totals");
    job.source(KafkaSource.json("readings", Reading.class))
        .rebalance()
        .parallelism(2)
        .map(reading -> new Reading(reading.key().trim(), reading.value(), reading.atMs()))
        .keyBy(Reading::key)
        .parallelism(2)
        .sum(Reading::value)
        .changes()
        .to(KafkaSink.upsert("totals"));
    return job;
  }

  private TestTopic<Reading> readings(JobTest test) {
    return test.topic("readings", Reading.class);
  }

  /** Sends a few records to each partition, and notes what they add up to. */
  private void send(JobTest test, int partitions) {
    for (int partition = 0; partition < partitions; partition++) {
      for (String key : List.of("a", "b", "c" + partition)) {
        readings(test).send(partition, new Reading(key, 1, 0));
        expected.merge(key, 1L, Long::sum);
      }
    }
  }

  private void checkTotals(JobTest test) {
    assertThat(test.table("totals", Long.class)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "1, EXACTLY_ONCE, classic",
    "2, EXACTLY_ONCE, classic",
    "2, EXACTLY_ONCE, consumer",
    "2, AT_LEAST_ONCE, classic"
  })
  void eachRunAddsWhatIsNew(int instances, ProcessingGuarantee guarantee, String membership) {
    try (JobTest test =
        JobTest.builder(totals())
            .instances(instances)
            .guarantee(guarantee)
            .set("membership", membership)
            .build()) {
      readings(test).partitions(PARTITIONS);
      for (int run = 0; run < 3; run++) {
        send(test, PARTITIONS);
        test.endInput();
        assertThat(test.isFinished()).isTrue();
        checkTotals(test);
      }
      test.endInput();
      assertThat(test.isFinished()).as("without new input").isTrue();
      checkTotals(test);
      assertThat(announcements(test)).as("those of the last run").isEqualTo(PARTITIONS + 2 + 2);
    }
  }

  private static int announcements(JobTest test) {
    try (MetaTopic meta =
        new MetaTopic(test.kafka().connect(JobConfig.defaults()), "totals.meta", "test")) {
      meta.refresh();
      return meta.finishedTombstones().size();
    }
  }

  /** Owners that reopen finished tasks report their end again, and nobody reads that any more. */
  @Test
  void theEndOfARunIsNotTakenForThatOfTheNext() {
    try (JobTest test = JobTest.of(totals())) {
      readings(test).partitions(PARTITIONS);
      for (int run = 0; run < 3; run++) {
        send(test, PARTITIONS);
        test.endInput().restart(LocalState.KEPT).restart(LocalState.LOST);
        checkTotals(test);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(CommitFailure.class)
  void whateverACommitOfTheSecondRunMeetsEachRecordCountsOnce(CommitFailure failure) {
    int commits = 1;
    for (int failing = 0; failing < commits; failing++) {
      expected.clear();
      try (JobTest test = JobTest.builder(totals()).instances(2).seed(failing + 1).build()) {
        readings(test).partitions(PARTITIONS);
        send(test, PARTITIONS);
        test.endInput();
        int before = test.commits();
        send(test, PARTITIONS);
        test.failCommit(before + failing, failure, LocalState.LOST).endInput();
        commits = Math.max(commits, Math.min(12, test.commits() - before));
        checkTotals(test);
      }
    }
    assertThat(commits).isGreaterThan(5);
  }

  @Test
  void whatComesDuringARunIsLeftForTheNext() {
    List<Runnable> once = new ArrayList<>();
    Job job = Job.named("totals");
    job.source(KafkaSource.json("readings", Reading.class))
        .peek(
            reading -> {
              once.forEach(Runnable::run);
              once.clear();
            })
        .keyBy(Reading::key)
        .sum(Reading::value)
        .changes()
        .to(KafkaSink.upsert("totals"));
    try (JobTest test = JobTest.of(job)) {
      test.set("until.end", "true");
      readings(test).partitions(2).send(0, new Reading("a", 1, 0));
      once.add(() -> readings(test).send(0, new Reading("a", 10, 0)));
      once.add(() -> readings(test).send(1, new Reading("a", 100, 0)));
      test.run();
      assertThat(test.table("totals", Long.class)).isEqualTo(Map.of("a", 1L));
      test.restart(LocalState.KEPT);
      assertThat(test.table("totals", Long.class)).isEqualTo(Map.of("a", 111L));
    }
  }

  @Test
  void aCopyOfAnEarlierRunLeavesTheTasksOfTheNextAlone() {
    try (JobTest test = JobTest.of(totals())) {
      readings(test).partitions(PARTITIONS);
      send(test, PARTITIONS);
      test.endInput().restart(LocalState.KEPT);
      send(test, PARTITIONS);
      test.scaleTo(2);
      assertThat(test.running().get(0).isFinished()).as("it ends, since another began").isTrue();
      assertThat(test.running().get(1).isFinished()).isFalse();
      test.scaleTo(1).expel(0); // it opens all tasks anew, those of the next run among them
      test.run();
      assertThat(test.running().get(0).workers())
          .allSatisfy(worker -> assertThat(worker.isOpening()).isFalse());
      test.endInput();
      checkTotals(test);
    }
  }

  @Test
  void aRunWithoutEndFollowsOneWithAndTheReverse() {
    try (JobTest test = JobTest.builder(totals()).instances(2).build()) {
      readings(test).partitions(PARTITIONS);
      send(test, PARTITIONS);
      test.endInput();
      test.set("until.end", "false").restart(LocalState.KEPT);
      for (int i = 0; i < 3; i++) {
        send(test, PARTITIONS);
        test.run();
        checkTotals(test);
      }
      send(test, PARTITIONS);
      test.endInput();
      checkTotals(test);
      test.set("until.end", "false").restart(LocalState.LOST);
      send(test, PARTITIONS);
      test.run();
      checkTotals(test);
    }
  }

  @Test
  void aRunThatHasNotComeToItsEndIsNotGoneOnWithWithoutEnd() {
    try (JobTest test = JobTest.of(totals())) {
      readings(test).partitions(PARTITIONS);
      send(test, PARTITIONS);
      test.set("until.end", "true").expel(0); // it has started, and has not done anything yet
      assertThatThrownBy(() -> test.set("until.end", "false").restart(LocalState.KEPT))
          .isInstanceOf(JobStateException.class)
          .hasMessageContaining("has not come to it");
      test.set("until.end", "true").endInput();
      checkTotals(test);
    }
  }

  @Test
  void partitionsThatWereAddedSinceArePartOfTheNextRun() {
    try (JobTest test = JobTest.builder(totals()).instances(2).build()) {
      readings(test).partitions(PARTITIONS);
      send(test, PARTITIONS);
      test.endInput();
      readings(test).growTo(PARTITIONS + 2);
      send(test, PARTITIONS + 2);
      test.endInput();
      checkTotals(test);
      send(test, PARTITIONS + 2);
      test.endInput();
      checkTotals(test);
    }
  }

  @Test
  void filesAreReadOnceAndWritten() throws IOException {
    Path in = Files.writeString(directory.resolve("in.txt"), "one\ntwo\n");
    Path out = directory.resolve("out");
    Job job = Job.named("copy");
    job.source(FileSource.lines(in))
        .union(job.source(KafkaSource.strings("lines")))
        .to(FileSink.jsonLines(out));
    try (JobTest test = JobTest.builder(job).instances(2).build()) {
      test.topic("lines", String.class).send("three");
      test.endInput();
      assertThat(written(out)).containsExactlyInAnyOrder("one", "two", "three");
      Files.writeString(in.resolveSibling("later.txt"), "never\n");
      test.topic("lines", String.class).send("four");
      test.endInput();
      assertThat(written(out)).containsExactlyInAnyOrder("one", "two", "three", "four");
    }
  }

  /** Also by name: the names of a task's files sort in the order of writing. */
  @Test
  void filesOfLaterRunsComeAfterThoseOfEarlierOnes() throws IOException {
    Path out = directory.resolve("out");
    Job job = Job.named("copy");
    job.source(KafkaSource.strings("lines")).to(FileSink.jsonLines(out));
    try (JobTest test = JobTest.builder(job).startAt(START).build()) {
      TestTopic<String> lines = test.topic("lines", String.class).partitions(1);
      for (String line : List.of("one", "two", "three")) {
        lines.send(0, line);
        test.endInput();
      }
      assertThat(written(out)).containsExactly("one", "two", "three");
    }
  }

  /** Returns the lines of all files, in the order of the files' names. */
  private static List<String> written(Path directory) throws IOException {
    List<String> lines = new ArrayList<>();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        Files.readAllLines(file).forEach(line -> lines.add(line.replace("\"", "")));
      }
    }
    return lines;
  }

  /** Counts, reports the end of the run by a timer, and a minute of the clock by another. */
  static final class Counter extends KeyedProcessFunction<String, Reading, String> {
    private final ValueState<Long> count = state.value("count", Long.class);

    @Override
    public void onRecord(Reading reading, Context context) {
      count.set(count.valueOr(0L) + 1);
      context.emit(
          context.key() + count.value() + (context.watermark().equals(Instant.MIN) ? "" : "!"));
      context.timers().setEventTime(context.eventTime().plusSeconds(3600));
      context.timers().setProcessingTime(context.processingTime().plusSeconds(60));
    }

    @Override
    public void onTimer(Instant time, Context context) {
      context.emit(
          context.key()
              + (context.domain() == TimeDomain.EVENT ? " ends at " : " waited at ")
              + count.value());
    }
  }

  @Test
  void functionsKeepTheirStateAndEachRunHasItsOwnEventTime() {
    Job job = Job.named("counter");
    job.source(
            KafkaSource.json("readings", Reading.class)
                .eventTime(reading -> Instant.ofEpochMilli(reading.atMs()))
                .watermarks(Watermarks.monotonous()))
        .keyBy(Reading::key)
        .process(Counter::new)
        .to(KafkaSink.strings("counts"));
    try (JobTest test = JobTest.builder(job).startAt(START).build()) {
      readings(test).send(0, new Reading("a", 1, START.toEpochMilli()));
      test.endInput();
      assertThat(test.drain("counts", String.class)).containsExactly("a1", "a ends at 1");
      readings(test).send(0, new Reading("a", 1, START.minusSeconds(9).toEpochMilli()));
      test.endInput();
      assertThat(test.drain("counts", String.class)).containsExactly("a2", "a ends at 2");
      test.set("until.end", "false").restart(LocalState.LOST);
      test.advanceProcessingTime(Duration.ofSeconds(61));
      assertThat(test.drain("counts", String.class)).containsOnly("a waited at 2");
    }
  }

  @Test
  void windowsThatWereEmittedAtTheEndAreNotBegunAgain() {
    Job job = Job.named("windows");
    job.source(KafkaSource.json("readings", Reading.class))
        .keyBy(Reading::key)
        .window(Windows.tumbling(Duration.ofMinutes(1)))
        .sum(Reading::value)
        .name("per-minute")
        .map(result -> result.key() + " " + result.value())
        .to(KafkaSink.strings("sums"));
    isRefused(job, "sums", "step 'per-minute' has emitted its windows");
  }

  @Test
  void inputThatIsSortedIsNotGoneOnWith() {
    Job job = Job.named("sorted");
    job.source(
            KafkaSource.json("readings", Reading.class)
                .eventTime(reading -> Instant.ofEpochMilli(reading.atMs()))
                .watermarks(Watermarks.monotonous()))
        .keyBy(Reading::key)
        .sortedByEventTime()
        .process(Counter::new)
        .name("in-order")
        .to(KafkaSink.strings("counts"));
    isRefused(job, "counts", "step 'in-order' has processed its sorted input");
  }

  private void isRefused(Job job, String output, String reason) {
    try (JobTest test = JobTest.builder(job).startAt(START).build()) {
      readings(test).send(0, new Reading("a", 1, START.toEpochMilli()));
      test.endInput();
      List<String> before = test.output(output, String.class);
      assertThat(before).isNotEmpty();
      test.endInput();
      assertThat(test.isFinished()).as("without new input").isTrue();
      readings(test).send(0, new Reading("a", 1, START.toEpochMilli()));
      assertThatThrownBy(test::endInput)
          .isInstanceOf(JobStateException.class)
          .hasMessageContaining(reason)
          .hasMessageContaining("Run reset");
      assertThatThrownBy(() -> test.set("until.end", "false").restart())
          .isInstanceOf(JobStateException.class)
          .hasMessageContaining(reason);
      assertThat(test.output(output, String.class)).isEqualTo(before);
    }
  }
}
