package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Job;
import dev.millrace.config.ProcessingGuarantee;
import dev.millrace.config.StateStoreKind;
import dev.millrace.connector.ConsoleSink;
import dev.millrace.connector.FileSink;
import dev.millrace.connector.KafkaRecord;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.connector.SplitOutput;
import dev.millrace.connector.SplitReader;
import dev.millrace.connector.SplitSource;
import dev.millrace.connector.WriterSink;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.error.Place;
import dev.millrace.error.RecordException;
import dev.millrace.serde.TypeRef;
import dev.millrace.time.Watermarks;
import dev.millrace.window.Windows;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class JobTestTest {

  private static final Instant NOON = Instant.parse("2030-06-01T12:00:00Z");

  record Word(String word, long count) {
    Word plus(Word other) {
      return new Word(word, count + other.count);
    }
  }

  record Count(String word, long count) {}

  record Reading(String sensor, Instant at, long value) {}

  private static Job runningCounts() {
    Job job = Job.named("counts");
    job.source(KafkaSource.json("words", Word.class))
        .keyBy(word -> word.word().toLowerCase(Locale.ROOT))
        .sum(Word::count)
        .to(KafkaSink.upsert("counts"));
    return job;
  }

  private static Job windowedCounts(WriterSink<Count> sink) {
    Job job = Job.named("windows");
    job.source(KafkaSource.json("words", Word.class))
        .map(w -> new Word(w.word().toLowerCase(Locale.ROOT), w.count()))
        .keyBy(Word::word)
        .window(Windows.tumbling(Duration.ofMinutes(5)))
        .reduce(Word::plus)
        .map(r -> new Count(r.key(), r.value().count()))
        .to(sink);
    return job;
  }

  private static Job eventTimeSums() {
    Job job = Job.named("sums");
    job.source(
            KafkaSource.json("readings", Reading.class)
                .eventTime(Reading::at)
                .watermarks(
                    Watermarks.boundedOutOfOrderness(Duration.ofSeconds(10))
                        .idleness(Duration.ofSeconds(5))))
        .keyBy(Reading::sensor)
        .window(Windows.tumbling(Duration.ofMinutes(1)))
        .sum(Reading::value)
        .map(r -> r.key() + " " + r.window().start() + " " + r.value())
        .to(KafkaSink.strings("sums"));
    return job;
  }

  @Test
  void runningCountsGoToTheirTopic() {
    try (JobTest test = JobTest.of(runningCounts())) {
      test.topic("words", Word.class)
          .partitions(2)
          .send(0, new Word("Kafka", 1), new Word("mill", 4))
          .send(1, new Word("kafka", 2));
      test.run();
      assertThat(test.table("counts", Long.class)).isEqualTo(Map.of("kafka", 3L, "mill", 4L));
    }
  }

  @Test
  void aWindowClosesWhenItsTimeIsOver() {
    try (JobTest test = JobTest.of(windowedCounts(ConsoleSink.lines()))) {
      test.topic("words", Word.class)
          .partitions(2)
          .send(0, new Word("Kafka", 1))
          .send(1, new Word("kafka", 2));
      test.run();
      test.restart();
      assertThat(test.output(Count.class)).isEmpty();
      test.advanceProcessingTime(Duration.ofMinutes(5));
      assertThat(test.output(Count.class)).containsExactly(new Count("kafka", 3));
      assertThat(test.printed()).containsExactly("Count[word=kafka, count=3]");
    }
  }

  @Test
  void theClockMovesOnlyWhenTold() {
    try (JobTest test = JobTest.builder(runningCounts()).startAt(NOON).build()) {
      test.topic("words", Word.class).send(new Word("a", 1));
      test.run();
      assertThat(test.now()).isEqualTo(NOON);
      test.advanceTo(NOON.plusSeconds(90));
      assertThat(test.now()).isEqualTo(NOON.plusSeconds(90));
      assertThatThrownBy(() -> test.advanceTo(NOON)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void eventTimeGoesOnWithTheSlowestPartition() {
    try (JobTest test = JobTest.builder(eventTimeSums()).startAt(NOON).build()) {
      TestTopic<Reading> readings = test.topic("readings", Reading.class).partitions(2);
      readings.send(0, new Reading("a", NOON, 1), new Reading("b", NOON.plusSeconds(70), 1));
      test.run();
      assertThat(test.output("sums", String.class)).isEmpty();
      assertThat(test.watermark("readings", 0)).contains(NOON.plusSeconds(60));
      assertThat(test.watermark("readings", 1)).isEmpty();
      readings.send(1, new Reading("a", NOON.plusSeconds(75), 5));
      test.run();
      assertThat(test.drain("sums", String.class)).containsExactly("a 2030-06-01T12:00:00Z 1");
      assertThat(test.watermark("readings")).contains(NOON.plusSeconds(60));
      assertThat(test.drain("sums", String.class)).isEmpty();
    }
  }

  @Test
  void aPartitionIsIdleAfterItsTimeoutAndNotBefore() {
    try (JobTest test = JobTest.builder(eventTimeSums()).startAt(NOON).build()) {
      test.topic("readings", Reading.class)
          .partitions(2)
          .send(0, new Reading("a", NOON, 1), new Reading("b", NOON.plusSeconds(70), 1));
      test.run();
      test.advanceProcessingTime(Duration.ofMillis(4_900));
      assertThat(test.output("sums", String.class)).isEmpty();
      test.advanceProcessingTime(Duration.ofMillis(100));
      assertThat(test.output("sums", String.class)).hasSize(1);
    }
  }

  @Test
  void recordsThatComeTooLateAreCounted() {
    try (JobTest test = JobTest.builder(eventTimeSums()).startAt(NOON).build()) {
      TestTopic<Reading> readings = test.topic("readings", Reading.class);
      readings.send(0, new Reading("a", NOON, 1), new Reading("a", NOON.plusSeconds(80), 1));
      test.run();
      readings.send(0, new Reading("a", NOON.plusSeconds(1), 7));
      test.run();
      assertThat(test.lateRecords()).isEqualTo(1);
      assertThat(test.output("sums", String.class)).containsExactly("a 2030-06-01T12:00:00Z 1");
    }
  }

  @Test
  void theEndOfTheInputKeepsWhatWasCounted() {
    try (JobTest test = JobTest.builder(eventTimeSums()).startAt(NOON).build()) {
      TestTopic<Reading> readings = test.topic("readings", Reading.class);
      readings.send(0, new Reading("a", NOON, 1), new Reading("a", NOON.plusSeconds(80), 1));
      test.run();
      readings.send(0, new Reading("a", NOON.plusSeconds(1), 7));
      test.endInput();
      assertThat(test.lateRecords()).isEqualTo(1);
    }
  }

  @Test
  void allWindowsCloseAtTheEndOfTheInput() {
    try (JobTest test = JobTest.builder(eventTimeSums()).startAt(NOON).build()) {
      test.topic("readings", Reading.class)
          .partitions(3)
          .send(1, new Reading("a", NOON, 1), new Reading("a", NOON.plusSeconds(70), 2));
      test.endInput();
      assertThat(test.isFinished()).isTrue();
      assertThat(test.output("sums", String.class))
          .containsExactlyInAnyOrder("a 2030-06-01T12:00:00Z 1", "a 2030-06-01T12:01:00Z 2");
    }
  }

  @ParameterizedTest
  @EnumSource(LocalState.class)
  void aRestartGoesOnFromWhatWasCommitted(LocalState state) {
    try (JobTest test = JobTest.of(runningCounts())) {
      TestTopic<Word> words = test.topic("words", Word.class);
      words.send(new Word("a", 1));
      test.run();
      test.restart(state);
      words.send(new Word("a", 2));
      test.run();
      assertThat(test.table("counts", Long.class)).isEqualTo(Map.of("a", 3L));
      assertThat(test.metrics().stage("words-sum").restoredRecords()).isPositive();
    }
  }

  @ParameterizedTest
  @EnumSource(CommitFailure.class)
  void whateverACommitMeetsEachResultComesOnce(CommitFailure failure) {
    TestSink<Count> sink = TestSink.collect();
    try (JobTest test = JobTest.of(windowedCounts(sink))) {
      test.topic("words", Word.class).send(new Word("a", 1));
      test.run();
      int before = test.commits();
      test.failCommit(before, failure).failCommit(before + 2, failure);
      test.advanceProcessingTime(Duration.ofMinutes(5));
      assertThat(test.commits()).isGreaterThan(before + 1);
      assertThat(sink.values()).containsExactly(new Count("a", 1));
      assertThat(test.output(Count.class)).containsExactly(new Count("a", 1));
    }
  }

  @Test
  void anAbortedCommitIsRepeated() {
    try (JobTest test = JobTest.of(runningCounts())) {
      test.topic("words", Word.class).send(new Word("a", 1));
      test.abortNextCommit();
      test.run();
      assertThat(test.table("counts", Long.class)).isEqualTo(Map.of("a", 1L));
      assertThat(test.metrics().stage("words").aborts()).isEqualTo(1);
    }
  }

  @Test
  void atLeastOnceRepeatsWorkAndLosesNothing() {
    try (JobTest test =
        JobTest.builder(runningCounts()).guarantee(ProcessingGuarantee.AT_LEAST_ONCE).build()) {
      TestTopic<Word> words = test.topic("words", Word.class);
      words.send(new Word("a", 1));
      test.run();
      test.restart();
      words.send(new Word("a", 2));
      test.run();
      assertThat(test.table("counts", Long.class)).isEqualTo(Map.of("a", 3L));
    }
  }

  @ParameterizedTest
  @EnumSource(LocalState.class)
  void stateOnDiskIsTakenUpAgain(LocalState state) {
    try (JobTest test =
        JobTest.builder(runningCounts()).stateStore(StateStoreKind.ROCKSDB).build()) {
      TestTopic<Word> words = test.topic("words", Word.class);
      words.send(new Word("a", 1));
      test.run();
      test.restart(state);
      words.send(new Word("a", 2));
      test.run();
      assertThat(test.table("counts", Long.class)).isEqualTo(Map.of("a", 3L));
    }
  }

  @Test
  void tasksMoveWhenInstancesComeAndGo() {
    try (JobTest test = JobTest.builder(runningCounts()).instances(2).build()) {
      TestTopic<Word> words = test.topic("words", Word.class).partitions(4);
      for (int instances : List.of(2, 3, 1, 2)) {
        test.scaleTo(instances);
        IntStream.range(0, 4).forEach(i -> words.send(i, new Word("w" + i, 1)));
        test.run();
      }
      test.expel(0);
      IntStream.range(0, 4).forEach(i -> words.send(i, new Word("w" + i, 1)));
      test.run();
      assertThat(test.table("counts", Long.class))
          .isEqualTo(Map.of("w0", 5L, "w1", 5L, "w2", 5L, "w3", 5L));
    }
  }

  @Test
  void aPoisonousRecordStopsTheJob() {
    try (JobTest test = JobTest.of(runningCounts())) {
      test.topic("words", Word.class).sendBytes(0, bytes("no json"));
      assertThatThrownBy(test::run)
          .isInstanceOfSatisfying(
              RecordException.class,
              failure ->
                  assertThat(failure.place())
                      .isEqualTo(
                          Place.ofPartition("words", 0)
                              .withOffset(0)
                              .withJob("counts")
                              .withStage("words")
                              .withStep("source words")))
          .hasMessageContaining("topic words, partition 0, offset 0");
    }
  }

  @Test
  void aSplitThatCannotBeReadHasItsPlace() {
    Job job = Job.named("pages");
    Opening offline =
        split -> {
          throw new IOException("no such host");
        };
    job.source(new OneSplit("offline", "the only split", offline)).to(KafkaSink.strings("out"));
    try (JobTest test = JobTest.of(job)) {
      assertThatThrownBy(test::run)
          .isInstanceOfSatisfying(
              RecordException.class,
              failure ->
                  assertThat(failure.place())
                      .isEqualTo(
                          Place.ofPartition("pages.offline.splits", 0)
                              .withOffset(0)
                              .withJob("pages")
                              .withStage("offline")
                              .withStep("offline")))
          .hasMessageContaining("no such host")
          .hasMessageContaining("the only split");
    }
  }

  private interface Opening {
    SplitReader<String> open(byte[] split) throws IOException;
  }

  /** A source of texts that has one split. */
  private record OneSplit(String name, String split, Opening opening)
      implements SplitSource<String> {

    @Override
    public TypeRef<String> type() {
      return TypeRef.of(String.class);
    }

    @Override
    public List<byte[]> splits() {
      return List.of(bytes(split));
    }

    @Override
    public SplitReader<String> open(byte[] opened, byte[] position) throws IOException {
      return opening.open(opened);
    }
  }

  /** Takes whatever comes out of handing a record over for the record's own fault. */
  private record CarefulReader(String text) implements SplitReader<String> {

    @Override
    public Progress read(SplitOutput<String> out, int maxRecords) {
      for (String word : text.split(" ")) {
        try {
          out.emit(word, 0);
        } catch (Exception e) {
          out.reject(bytes(word), e);
        }
      }
      return Progress.END;
    }

    @Override
    public byte[] position() {
      return new byte[0];
    }

    @Override
    public void close() {}
  }

  @Test
  void aReaderCannotPassOverTheFailureOfAStep() {
    Job job = Job.named("careful");
    job.source(new OneSplit("careful", "a b c", split -> new CarefulReader("a b c")))
        .onError(ErrorPolicy.skip())
        .map(
            word -> {
              if (word.equals("b")) {
                throw new IllegalStateException("no " + word);
              }
              return word;
            })
        .name("strict")
        .to(KafkaSink.strings("out"));
    try (JobTest test = JobTest.of(job)) {
      assertThatThrownBy(test::run)
          .isInstanceOf(RecordException.class)
          .hasMessageContaining("'strict'")
          .hasMessageContaining("no b");
    }
  }

  @Test
  void deadLettersCanBeLookedAt() {
    try (JobTest test =
        JobTest.builder(runningCounts()).set("errors.policy", "dead-letter").build()) {
      test.topic("words", Word.class).sendBytes(0, bytes("no json")).send(0, new Word("a", 1));
      test.run();
      assertThat(test.deadLetters())
          .singleElement()
          .satisfies(
              letter -> {
                assertThat(letter.value()).isEqualTo(bytes("no json"));
                assertThat(letter.topic()).isEqualTo("words");
              });
      assertThat(test.table("counts", Long.class)).isEqualTo(Map.of("a", 1L));
    }
  }

  @Test
  void recordsHaveKeysTimestampsAndHeaders() {
    Job job = Job.named("copy");
    job.source(KafkaSource.strings("in").records())
        .to(
            KafkaSink.<KafkaRecord<byte[], String>>strings("out")
                .key(KafkaRecord::key)
                .headers(KafkaRecord::headers)
                .timestamp(KafkaRecord::timestamp));
    try (JobTest test = JobTest.of(job)) {
      test.topic("in", String.class)
          .partitions(3)
          .send(TestRecord.of("value").key("mill").at(NOON).header("name", bytes("content")));
      test.run();
      assertThat(test.outputRecords("out", String.class))
          .singleElement()
          .satisfies(
              record -> {
                assertThat(record.key()).isEqualTo(bytes("mill"));
                assertThat(record.timestamp()).isEqualTo(NOON);
                assertThat(record.headers().get(0).name()).isEqualTo("name");
                assertThat(record.value()).contains("value=value");
              });
    }
  }

  @Test
  void filesAreWrittenForReal(@TempDir Path directory) throws IOException {
    try (JobTest test = JobTest.of(windowedCounts(FileSink.jsonLines(directory)))) {
      test.topic("words", Word.class).send(new Word("a", 1));
      test.failCommit(3, CommitFailure.KILLED_AFTER);
      test.endInput();
      assertThat(test.output(Count.class)).containsExactly(new Count("a", 1));
      try (Stream<Path> files = Files.list(directory)) {
        List<Path> results = files.filter(file -> file.toString().endsWith(".jsonl")).toList();
        assertThat(results).hasSize(1);
        assertThat(Files.readString(results.get(0))).isEqualTo("{\"word\":\"a\",\"count\":1}\n");
      }
    }
  }

  @Test
  void theSameSeedGivesTheSameRun() {
    assertThat(counters(11)).isEqualTo(counters(11));
  }

  private static String counters(long seed) {
    try (JobTest test = JobTest.builder(runningCounts()).instances(2).seed(seed).build()) {
      TestTopic<Word> words = test.topic("words", Word.class).partitions(4);
      IntStream.range(0, 200).forEach(i -> words.send(new Word("w" + i % 7, i)));
      test.run();
      return test.metrics() + " " + test.outputRecords("counts", Long.class).size();
    }
  }

  @Test
  void mistakesOfTheTestAreNamed() {
    try (JobTest test = JobTest.of(runningCounts())) {
      TestTopic<Word> words = test.topic("words", Word.class).send(new Word("a", 1));
      assertThatThrownBy(() -> words.send(2, new Word("a", 1)))
          .hasMessageContaining("partitions(3)");
      assertThatThrownBy(() -> words.partitions(3)).hasMessageContaining("ahead of sending");
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
