package dev.millrace.faults;

import static dev.millrace.faults.Fixture.assertHealthy;
import static dev.millrace.faults.Fixture.await;
import static dev.millrace.faults.Fixture.awaitFailure;
import static dev.millrace.faults.Fixture.bytes;
import static dev.millrace.faults.Fixture.header;
import static dev.millrace.faults.Fixture.text;
import static dev.millrace.faults.Fixture.total;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.Millrace;
import dev.millrace.RunningJob;
import dev.millrace.admin.InstanceState;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.error.RecordException;
import dev.millrace.faults.Fixture.Word;
import dev.millrace.metrics.StageCounters;
import dev.millrace.window.Windows;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Records that cannot be decoded, processed or produced, under each error policy. */
@WithBroker
final class BadInputTest {

  private static final String POISON = "poison";
  private static final String STEADY = "steady";

  @TempDir Path stateDir;

  // ------------------------------------------------------------------ malformed input

  @Test
  void failNamesTheRecordAndSkipGoesOnFromThere(TestBroker broker) throws Exception {
    Fixture fixture = new Fixture(broker, stateDir, 2);
    fixture.produce(500, 1);
    fixture.produceRaw(1, bytes("{\"word\":"));
    fixture.produce(500, 2);
    // A failure stops the others at once, however long they may take for an orderly stop.
    JobConfig patient = fixture.config().with("shutdown.timeout", "1h");
    try (RunningJob running = Millrace.start(fixture.job(), patient)) {
      Throwable failure = awaitFailure(running);
      assertThat(failure)
          .isInstanceOf(RecordException.class)
          .hasMessageContaining("topic " + fixture.in)
          .hasMessageContaining("partition 1")
          .hasMessageContaining("offset 250");
    }
    assertThat(fixture.copiedIds()).doesNotHaveDuplicates().hasSizeLessThan(1000);

    JobConfig skipping = fixture.config().with("errors.policy", "skip");
    try (RunningJob running = Millrace.start(fixture.job(), skipping)) {
      fixture.awaitExact(running);
      assertThat(total(running, StageCounters::skippedRecords)).isEqualTo(1);
    }
  }

  @Test
  void deadLettersKeepBytesAndHeadersAndComeOnceAcrossARestart(TestBroker broker) {
    Fixture fixture = new Fixture(broker, stateDir, 2);
    JobConfig config = fixture.config().with("errors.policy", "dead-letter");
    Set<String> bad = new HashSet<>();
    int round = 0;
    for (; round < 3; round++) {
      fixture.produce(300, round);
      for (int i = 0; i < 5; i++) {
        String value = "not json " + round + "/" + i;
        bad.add(value);
        RecordHeaders headers = new RecordHeaders();
        headers.add("trace", bytes("t" + i));
        broker.produce(
            fixture.in,
            List.of(
                new ProducerRecord<>(
                    fixture.in, i % 2, null, bytes("key" + i), bytes(value), headers)));
      }
      fixture.produce(300, round + 10);
      try (RunningJob running = Millrace.start(fixture.job(), config)) {
        fixture.awaitExact(running);
        await("dead letters", () -> letters(fixture).size() >= bad.size());
        assertHealthy(running);
      }
    }
    List<ConsumerRecord<byte[], byte[]>> letters = letters(fixture);
    assertThat(letters).extracting(r -> text(r.value())).containsExactlyInAnyOrderElementsOf(bad);
    for (ConsumerRecord<byte[], byte[]> letter : letters) {
      String number = text(letter.value()).replaceAll(".*/", "");
      assertThat(text(letter.key())).isEqualTo("key" + number);
      assertThat(header(letter, "trace")).isEqualTo("t" + number);
      assertThat(header(letter, "millrace.topic")).isEqualTo(fixture.in);
      int partition = Integer.parseInt(header(letter, "millrace.partition"));
      assertThat(partition).isEqualTo(Integer.parseInt(number) % 2);
      long offset = Long.parseLong(header(letter, "millrace.offset"));
      ConsumerRecord<byte[], byte[]> original =
          broker.consumeAll(fixture.in).stream()
              .filter(r -> r.partition() == partition && r.offset() == offset)
              .findFirst()
              .orElseThrow();
      assertThat(original.value()).isEqualTo(letter.value());
      assertThat(header(letter, "millrace.stage")).isNotEmpty();
      assertThat(header(letter, "millrace.operator")).contains(fixture.in);
      assertThat(header(letter, "millrace.exception")).contains("Exception");
      assertThat(header(letter, "millrace.message")).isNotEmpty();
    }
  }

  @Test
  void deadLettersOfATransactionThatDoesNotCommitAreNotSeen(TestBroker broker) throws Exception {
    Fixture fixture = new Fixture(broker, stateDir, 1);
    Job job = Job.named(fixture.name);
    // The bad record goes to the dead letters; the poison behind it, in the same transaction, stops
    // the job.
    job.source(KafkaSource.json(fixture.in, Word.class))
        .onError(ErrorPolicy.deadLetter())
        .filter(BadInputTest::isSound)
        .to(KafkaSink.json(fixture.copies));
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    records.add(fixture.record(0, bytes("garbage")));
    records.add(fixture.record(0, bytes("{\"word\":\"poison\",\"count\":1,\"id\":1}")));
    broker.produce(fixture.in, records);
    JobConfig config = fixture.config().with("commit.interval", "3s");
    for (int i = 0; i < 2; i++) {
      try (RunningJob running = Millrace.start(job, config)) {
        assertThat(awaitFailure(running)).hasMessageContaining("offset 1");
      }
    }
    assertThat(letters(fixture)).isEmpty();
    try (RunningJob running = Millrace.start(job, fixture.config().with("errors.policy", "skip"))) {
      await("the dead letter", () -> !letters(fixture).isEmpty());
      await("the skip", () -> total(running, StageCounters::skippedRecords) == 1);
    }
    assertThat(letters(fixture)).hasSize(1);
  }

  // ------------------------------------------------------------------ failing functions

  /** Where in a job the poison takes effect. */
  enum Place {
    MAP((f, s) -> sums(f, s.map(Word.class, w -> checked(w)))),
    FILTER((f, s) -> sums(f, s.filter(BadInputTest::isSound))),
    KEY((f, s) -> sumsBy(f, s)),
    NULL_KEY((f, s) -> sumsByNull(f, s)),
    SUM((f, s) -> s.keyBy(Word::word).sum(w -> checked(w).count()).to(KafkaSink.upsert(f.sums))),
    REDUCE(
        (f, s) ->
            s.keyBy(w -> w.word().equals(POISON) ? STEADY : w.word())
                .reduce(BadInputTest::plus)
                .onError(policyFor(f))
                .changes()
                .map(c -> new Sum(c.key(), c.value().count()))
                .to(KafkaSink.<Sum>json(f.sums).key(Sum::word))),
    SINK_KEY(
        (f, s) -> {
          sums(f, s.filter(w -> !w.word().equals(POISON)));
          s.to(KafkaSink.<Word>json(f.copies).key(w -> checked(w).word()));
        }),
    TOO_LARGE(
        (f, s) -> {
          sums(f, s.filter(w -> !w.word().equals(POISON)));
          s.map(w -> w.word().equals(POISON) ? "x".repeat(2_000_000) : w.word())
              .to(KafkaSink.strings(f.copies));
        }),
    TOO_LARGE_FOR_THE_SHUFFLE(
        (f, s) ->
            sums(
                f,
                s.map(w -> new Large(w, w.word().equals(POISON) ? "x".repeat(1_030_000) : ""))
                    .rebalance()
                    .map(Large::word)));

    final BiConsumer<Fixture, DataStream<Word>> rest;

    Place(BiConsumer<Fixture, DataStream<Word>> rest) {
      this.rest = rest;
    }
  }

  /** Where SKIP is tried too; elsewhere it would be the same code. */
  private static final Set<Place> SKIPPING = EnumSet.of(Place.MAP, Place.KEY, Place.REDUCE);

  record Sum(String word, long count) {}

  record Large(Word word, String ballast) {}

  private static final Map<String, ErrorPolicy> POLICIES = new ConcurrentHashMap<>();

  private static ErrorPolicy policyFor(Fixture fixture) {
    return POLICIES.getOrDefault(fixture.name, ErrorPolicy.fail());
  }

  private static void sums(Fixture fixture, DataStream<Word> words) {
    words.keyBy(Word::word).sum(Word::count).to(KafkaSink.upsert(fixture.sums));
  }

  private static void sumsBy(Fixture fixture, DataStream<Word> words) {
    words.keyBy(w -> checked(w).word()).sum(Word::count).to(KafkaSink.upsert(fixture.sums));
  }

  private static void sumsByNull(Fixture fixture, DataStream<Word> words) {
    words
        .keyBy(String.class, w -> w.word().equals(POISON) ? nothing() : w.word())
        .sum(Word::count)
        .to(KafkaSink.upsert(fixture.sums));
  }

  @SuppressWarnings("NullAway") // a user's function may well do it
  private static String nothing() {
    return null;
  }

  private static boolean isSound(Word word) {
    return checked(word) != null;
  }

  private static Word checked(Word word) {
    if (word.word().equals(POISON)) {
      throw new IllegalStateException("poison in " + word.id());
    }
    return word;
  }

  private static Word plus(Word left, Word right) {
    checked(right);
    return new Word(checked(left).word(), left.count() + right.count(), right.id());
  }

  @ParameterizedTest
  @EnumSource(names = {"MAP", "KEY", "REDUCE", "SINK_KEY"})
  void failStopsAndSkipCountsAndDeadLettersKeepTheRecord(Place place, TestBroker broker)
      throws Exception {
    policiesHold(place, broker);
  }

  @ParameterizedTest
  @Tag("slow")
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"MAP", "KEY", "REDUCE", "SINK_KEY"})
  void policiesHoldAtAllOtherPlaces(Place place, TestBroker broker) throws Exception {
    policiesHold(place, broker);
  }

  private void policiesHold(Place place, TestBroker broker) throws Exception {
    Fixture fixture = new Fixture(broker, stateDir, 2);
    fixture.produce(STEADY, 20);
    fixture.produce(200, 7);
    for (int i = 0; i < 3; i++) {
      fixture.produceRaw(
          i % 2, bytes("{\"word\":\"poison\",\"count\":1,\"id\":%d}".formatted(1_000_000 + i)));
      fixture.produce(50, 8 + i);
    }
    try (RunningJob running = Millrace.start(job(fixture, place), fixture.config())) {
      assertThat(awaitFailure(running))
          .isInstanceOf(RecordException.class)
          .hasMessageContaining("topic ")
          .hasMessageContaining("partition ")
          .hasMessageContaining("offset ");
    }
    POLICIES.put(fixture.name, ErrorPolicy.deadLetter());
    JobConfig config = fixture.config().with("errors.policy", "dead-letter");
    try (RunningJob running = Millrace.start(job(fixture, place), config)) {
      awaitSums(fixture, running, place);
      await("three dead letters", () -> letters(fixture).size() == 3);
      assertThat(total(running, StageCounters::deadLetters)).isEqualTo(3);
    }
    for (ConsumerRecord<byte[], byte[]> letter : letters(fixture)) {
      assertThat(text(letter.value())).contains(POISON);
      assertThat(header(letter, "millrace.topic")).startsWith(fixture.name);
      assertThat(header(letter, "millrace.offset")).matches("\\d+");
      assertThat(header(letter, "millrace.operator")).isNotEmpty();
    }

    if (!SKIPPING.contains(place)) {
      return;
    }
    POLICIES.put(fixture.name, ErrorPolicy.skip());
    fixture.produceRaw(0, bytes("{\"word\":\"poison\",\"count\":1,\"id\":77}"));
    fixture.produce(50, 99);
    try (RunningJob running =
        Millrace.start(job(fixture, place), fixture.config().with("errors.policy", "skip"))) {
      awaitSums(fixture, running, place);
      await("the skip", () -> total(running, StageCounters::skippedRecords) == 1);
    }
    assertThat(letters(fixture)).hasSize(3);
  }

  private static Job job(Fixture fixture, Place place) {
    Job job = Job.named(fixture.name);
    place.rest.accept(fixture, job.source(KafkaSource.json(fixture.in, Word.class)));
    return job;
  }

  private static void awaitSums(Fixture fixture, RunningJob running, Place place) {
    await(
        "the sums of " + place,
        () -> {
          assertHealthy(running);
          return sumsOf(fixture).equals(fixture.expectedSums());
        });
  }

  private static Map<String, Long> sumsOf(Fixture fixture) {
    Map<String, Long> last = new HashMap<>();
    for (ConsumerRecord<byte[], byte[]> record : fixture.broker.consumeAll(fixture.sums)) {
      String value = text(record.value());
      last.put(
          text(record.key()),
          value.startsWith("{") ? Fixture.number(record, "count") : Long.parseLong(value));
    }
    return last;
  }

  // ------------------------------------------------------------------ results of windows

  @Test
  void aResultOfAWindowThatFailsIsADeadLetterOfItsOwn(TestBroker broker) {
    Fixture fixture = new Fixture(broker, stateDir, 2);
    Job job = Job.named(fixture.name);
    job.source(KafkaSource.json(fixture.in, Word.class))
        .keyBy(Word::word)
        .window(Windows.tumbling(Duration.ofMillis(100)))
        .sum(Word::count)
        .map(
            r -> {
              if (r.key().equals(POISON)) {
                throw new IllegalStateException("poison window");
              }
              return new Sum(r.key(), r.value());
            })
        .onError(ErrorPolicy.deadLetter())
        .to(KafkaSink.<Sum>json(fixture.sums).key(Sum::word));
    fixture.produce(100, 3);
    fixture.produceRaw(0, bytes("{\"word\":\"poison\",\"count\":42,\"id\":1}"));
    fixture.produce(100, 4);
    String own = broker.createTopic(broker.uniqueName("letters"), 3);
    JobConfig config = fixture.config().with("until.end", "true").with("errors.topic", own);
    try (RunningJob running = Millrace.start(job, config)) {
      await("the end", () -> running.state() == InstanceState.FINISHED);
    }
    List<ConsumerRecord<byte[], byte[]>> letters = broker.consumeAll(own);
    assertThat(letters).hasSize(1);
    assertThat(text(letters.get(0).value())).contains(POISON).contains("42");
    assertThat(header(letters.get(0), "millrace.offset")).isEmpty();
    assertThat(header(letters.get(0), "millrace.exception")).contains("IllegalStateException");
    long sum =
        broker.consumeAll(fixture.sums).stream().mapToLong(r -> Fixture.number(r, "count")).sum();
    long expected = fixture.expectedSums().values().stream().mapToLong(Long::longValue).sum();
    assertThat(sum).isEqualTo(expected);
  }

  // ------------------------------------------------------------------ retries, overrides

  @Test
  void retriesComeAheadOfThePolicyAndAStepsOwnPolicyWins(TestBroker broker) throws Exception {
    Fixture fixture = new Fixture(broker, stateDir, 1);
    Map<Long, Integer> attempts = new ConcurrentHashMap<>();
    Job job = Job.named(fixture.name);
    job.source(KafkaSource.json(fixture.in, Word.class))
        .map(
            Word.class,
            w -> {
              int attempt = attempts.merge(w.id(), 1, Integer::sum);
              if (w.id() % 100 == 7 && attempt < 3 || w.word().equals(POISON)) {
                throw new IllegalStateException("not yet");
              }
              return w;
            })
        .onError(ErrorPolicy.skip().retries(3, Duration.ofMillis(20)))
        .to(KafkaSink.json(fixture.copies));
    fixture.produce(200, 5);
    fixture.produceRaw(0, bytes("{\"word\":\"poison\",\"count\":1,\"id\":1000000}"));
    long begin = System.nanoTime();
    try (RunningJob running = Millrace.start(job, fixture.config())) {
      await("200 copies", () -> fixture.copiedIds().size() >= 200);
      await("the skip", () -> total(running, StageCounters::skippedRecords) == 1);
      assertThat(total(running, StageCounters::retries)).isEqualTo(2 + 2 + 3);
      assertHealthy(running);

      // The job's own policy still holds elsewhere.
      fixture.produceRaw(0, bytes("malformed"));
      assertThat(awaitFailure(running)).isInstanceOf(RecordException.class);
    }
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThan(Duration.ofMillis(200));
    assertThat(attempts.get(1_000_000L)).isEqualTo(4);
    assertThat(fixture.copiedIds()).doesNotHaveDuplicates().hasSize(200);
  }

  @Test
  void aJobThatRetriesForLongStillStopsAtOnce(TestBroker broker) {
    Duration pause = Duration.ofSeconds(7);
    Fixture fixture = new Fixture(broker, stateDir, 1);
    Map<Long, Integer> attempts = new ConcurrentHashMap<>();
    Job job = Job.named(fixture.name);
    job.source(KafkaSource.json(fixture.in, Word.class))
        .map(
            Word.class,
            w -> {
              attempts.merge(w.id(), 1, Integer::sum);
              return checked(w);
            })
        .onError(ErrorPolicy.fail().retries(3, pause))
        .to(KafkaSink.json(fixture.copies));
    fixture.produceRaw(0, bytes("{\"word\":\"poison\",\"count\":1,\"id\":5}"));
    RunningJob running = Millrace.start(job, fixture.config());
    await("an attempt", () -> attempts.containsKey(5L));
    long begin = System.nanoTime();
    running.close();
    // A stop that waited for the next attempt would take as long as the pause before it.
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(pause);
    assertThat(attempts).isEqualTo(Map.of(5L, 1));
    assertThat(running.state()).isEqualTo(InstanceState.STOPPED);
  }

  private static List<ConsumerRecord<byte[], byte[]>> letters(Fixture fixture) {
    return fixture.broker.consumeAll(fixture.name + ".errors");
  }
}
