package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.aggregate.Aggregates;
import dev.millrace.connector.KafkaRecord;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.output.OutputTag;
import dev.millrace.serde.JsonTimes;
import dev.millrace.serde.TypeRef;
import dev.millrace.table.Change;
import dev.millrace.time.Watermarks;
import dev.millrace.window.Late;
import dev.millrace.window.WindowResult;
import dev.millrace.window.Windows;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.LongDeserializer;
import org.apache.kafka.common.serialization.LongSerializer;
import org.apache.kafka.common.serialization.Serializer;
import org.junit.jupiter.api.Test;

/** Keys and values in forms of all kinds, read and written. */
final class KafkaFormatsTest {

  private record Id(String shop, int number) {}

  private static byte[] bytes(long value) {
    return ByteBuffer.allocate(Long.BYTES).putLong(value).array();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void keysAreDecodedAsTheirTypeIsWritten() {
    Job job = Job.named("keys");
    job.source(KafkaSource.strings("in").records(Id.class))
        .map(record -> record.key() == null ? "none" : record.key().shop() + record.value())
        .to(KafkaSink.strings("out"));
    try (JobTest test = JobTest.of(job)) {
      test.topic("in", String.class)
          .send(TestRecord.of("a").key("{\"shop\":\"s\",\"number\":1}"))
          .send(TestRecord.of("b"));
      assertThat(test.run().output("out", String.class)).containsExactly("sa", "none");
    }
  }

  private record Hour(String shop, Instant at) {}

  @Test
  void keysAndValuesHaveOneUnitOfTimesAndOneRuleForWhatIsMissing() {
    KafkaSource<Hour> hours = KafkaSource.json("in", Hour.class);
    List<KafkaSource<KafkaRecord<Hour, Hour>>> sources =
        List.of(
            hours.times(JsonTimes.SECONDS).lenient().records(Hour.class),
            hours.records(Hour.class).lenient().times(JsonTimes.SECONDS));
    for (KafkaSource<KafkaRecord<Hour, Hour>> source : sources) {
      Job job = Job.named("units");
      job.source(source)
          .map(record -> record.key().at() + " " + record.value().at())
          .to(KafkaSink.strings("out"));
      try (JobTest test = JobTest.of(job)) {
        test.topic("in", new TypeRef<Map<String, Integer>>() {})
            .send(TestRecord.of(Map.of("at", 1767225600)).key("{\"at\":1767225601}"))
            .send(TestRecord.of(Map.<String, Integer>of()).key("{}"));
        assertThat(test.run().output("out", String.class))
            .containsExactlyInAnyOrder("2026-01-01T00:00:01Z 2026-01-01T00:00:00Z", "null null");
      }
    }
    assertThatThrownBy(() -> KafkaSource.strings("in").records(String.class).lenient())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("concerns JSON only");
    KafkaSource<?> keysOnly = KafkaSource.strings("in").records(Hour.class).lenient();
    assertThat(keysOnly).isNotNull();
  }

  @Test
  void aKeyThatCannotBeDecodedGoesToTheErrorPolicy() {
    Job job = Job.named("keys");
    job.source(KafkaSource.strings("in").records(Long.class, LongDeserializer::new))
        .onError(ErrorPolicy.deadLetter())
        .map(record -> "" + record.key() + record.value())
        .to(KafkaSink.strings("out"));
    try (JobTest test = JobTest.of(job)) {
      test.topic("in", String.class)
          .send(TestRecord.of("a").key(bytes(7)))
          .send(TestRecord.of("b").key("no number"));
      assertThat(test.run().output("out", String.class)).containsExactly("7a");
      assertThat(test.deadLetters()).singleElement();
    }
  }

  /** A deserializer that is counted, and returns also what it is not meant to. */
  private static final class Counted implements Deserializer<Object> {
    private final List<Counted> closed;

    Counted(List<Counted> made, List<Counted> closed) {
      made.add(this);
      this.closed = closed;
    }

    @Override
    public Object deserialize(String topic, byte[] data) {
      String text = new String(data, StandardCharsets.UTF_8);
      return text.equals("null") ? null : text.equals("text") ? text : Long.valueOf(text);
    }

    @Override
    public void close() {
      closed.add(this);
    }
  }

  @Test
  void eachTaskHasADeserializerOfItsOwnAndWhatItReturnsIsChecked() {
    List<Counted> made = new ArrayList<>();
    List<Counted> closed = new ArrayList<>();
    Job job = Job.named("longs");
    job.source(KafkaSource.of("in", Long.class, () -> new Counted(made, closed)))
        .onError(ErrorPolicy.deadLetter())
        .map(value -> value + 1)
        .to(KafkaSink.of("out", LongSerializer::new));
    try (JobTest test = JobTest.of(job)) {
      TestTopic<byte[]> in = test.topic("in", byte[].class).partitions(3);
      for (int partition = 0; partition < 3; partition++) {
        in.sendBytes(partition, utf8("" + partition));
      }
      in.sendBytes(0, utf8("text")).sendBytes(1, utf8("null")).sendBytes(2, utf8("x"));
      test.run();
      // Two when the job was built, and one for each task.
      assertThat(made).hasSize(5);
      assertThat(test.output("out", byte[].class))
          .containsExactlyInAnyOrder(bytes(1), bytes(2), bytes(3));
      assertThat(test.deadLetters())
          .extracting(letter -> letter.headers().toString())
          .hasSize(3)
          .anyMatch(text -> text.contains("returned a java.lang.String, not a java.lang.Long"))
          .anyMatch(text -> text.contains("returned null, not a java.lang.Long"));
      test.endInput();
    }
    assertThat(Set.copyOf(closed)).isEqualTo(Set.copyOf(made));
  }

  @Test
  void aSharedSerdeIsRefusedWhenTheJobIsBuilt() {
    LongDeserializer shared = new LongDeserializer();
    LongSerializer sharedSerializer = new LongSerializer();
    Job values = Job.named("values");
    values.source(KafkaSource.of("in", Long.class, () -> shared)).to(KafkaSink.json("out"));
    refused(values, "Cannot read topic 'in' with " + LongDeserializer.class.getName());
    Job keys = Job.named("keys");
    keys.source(KafkaSource.strings("in").records(Long.class, () -> shared))
        .map(record -> record.value())
        .to(KafkaSink.strings("out"));
    refused(keys, "the supplier returned the same deserializer twice");
    Job results = Job.named("results");
    results
        .source(KafkaSource.of("in", Long.class, LongDeserializer::new))
        .to(KafkaSink.of("out", () -> sharedSerializer));
    refused(results, "Cannot write to topic 'out' with " + LongSerializer.class.getName());
    Job keysOfResults = Job.named("keys-of-results");
    keysOfResults
        .source(KafkaSource.of("in", Long.class, LongDeserializer::new))
        .to(KafkaSink.<Long>json("out").key(value -> value, () -> sharedSerializer));
    refused(keysOfResults, "each task needs its own");
    Job failing = Job.named("failing");
    failing
        .source(
            KafkaSource.of(
                "in",
                Long.class,
                () -> {
                  throw new IllegalStateException("no registry");
                }))
        .to(KafkaSink.json("out"));
    refused(failing, "the supplier of a deserializer failed", "no registry");
  }

  private static void refused(Job job, String... words) {
    assertThatThrownBy(() -> JobTest.of(job))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContainingAll(words);
  }

  @Test
  void whatWasMadeIsClosedAlsoWhenATaskCannotOpen() {
    List<Counted> made = new ArrayList<>();
    List<Counted> closed = new ArrayList<>();
    AtomicInteger calls = new AtomicInteger();
    List<ClosedSerializer> serializers = new ArrayList<>();
    Job job = Job.named("broken");
    job.source(
            KafkaSource.of("in", Long.class, () -> new Counted(made, closed))
                .records(
                    Long.class,
                    () -> {
                      if (calls.incrementAndGet() > 2) {
                        throw new IllegalStateException("no registry");
                      }
                      return new LongDeserializer();
                    }))
        .map(record -> record.value())
        .to(
            KafkaSink.of(
                "out",
                () -> {
                  ClosedSerializer serializer = new ClosedSerializer();
                  serializers.add(serializer);
                  return serializer;
                }));
    try (JobTest test = JobTest.of(job)) {
      assertThatThrownBy(test::run).hasStackTraceContaining("no registry");
    }
    assertThat(made).hasSizeGreaterThan(2);
    assertThat(Set.copyOf(closed)).isEqualTo(Set.copyOf(made));
    assertThat(serializers).hasSizeGreaterThan(2).allMatch(serializer -> serializer.closed);
  }

  @Test
  void serializersAreClosedWhenALaterStepOfTheChainCannotBeMade() {
    AtomicInteger calls = new AtomicInteger();
    List<ClosedSerializer> serializers = new ArrayList<>();
    Job job = Job.named("broken");
    DataStream<Long> in = job.source(KafkaSource.of("in", Long.class, LongDeserializer::new));
    for (String topic : List.of("a", "b")) {
      in.to(
          KafkaSink.of(
              topic,
              () -> {
                if (calls.incrementAndGet() > 5) {
                  throw new IllegalStateException("no registry");
                }
                ClosedSerializer serializer = new ClosedSerializer();
                serializers.add(serializer);
                return serializer;
              }));
    }
    try (JobTest test = JobTest.of(job)) {
      assertThatThrownBy(test::run).hasStackTraceContaining("no registry");
    }
    assertThat(serializers).hasSize(5).allMatch(serializer -> serializer.closed);
  }

  private static final class ClosedSerializer implements Serializer<Long> {
    boolean closed;

    @Override
    public byte[] serialize(String topic, Long data) {
      return bytes(data);
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  @Test
  void tablesAreWrittenWithSerializersAndKeysOfOnesOwn() {
    Job job = Job.named("counts");
    job.source(KafkaSource.strings("in"))
        .keyBy(word -> word)
        .count()
        .to(
            KafkaSink.<String, Long>upsert("out", LongSerializer::new)
                .key(
                    (Change<String, Long> change) -> change.key().length() + 0L,
                    LongSerializer::new));
    try (JobTest test = JobTest.of(job)) {
      test.topic("in", String.class).send("a").send("bb").send("a");
      test.run();
      assertThat(test.outputRecords("out", byte[].class))
          .anySatisfy(
              record -> {
                assertThat(record.key()).isEqualTo(bytes(1));
                assertThat(record.value()).isEqualTo(bytes(2));
              })
          .anySatisfy(
              record -> {
                assertThat(record.key()).isEqualTo(bytes(2));
                assertThat(record.value()).isEqualTo(bytes(1));
              });
    }
  }

  /** Brokers would refuse them, and with them the whole transaction, again at each start. */
  @Test
  void rowsWithoutAKeyAndImpossibleTopicsGoToThePolicyOfTheSink() {
    Job job = Job.named("impossible");
    DataStream<String> words = job.source(KafkaSource.strings("in"));
    words
        .keyBy(word -> word)
        .count()
        .to(
            KafkaSink.<String, Long>upsert("counts")
                .key((Change<String, Long> change) -> change.key().isEmpty() ? null : change.key()))
        .onError(ErrorPolicy.deadLetter());
    words
        .to(KafkaSink.<String>strings("out").topic(word -> word.isEmpty() ? "no topic" : "out"))
        .onError(ErrorPolicy.deadLetter());
    try (JobTest test = JobTest.of(job)) {
      test.topic("out", String.class).partitions(1);
      test.topic("in", String.class).send("a").send("").send("b").send("").send("a");
      test.run();
      assertThat(test.table("counts", Long.class)).isEqualTo(Map.of("a", 2L, "b", 1L));
      assertThat(test.output("out", String.class)).containsExactly("a", "b", "a");
      assertThat(test.deadLetters())
          .extracting(letter -> letter.headers().get("millrace.message"))
          .anyMatch(message -> message.contains("the row has no key"))
          .anyMatch(message -> message.contains("returned 'no topic'"));
    }
  }

  @Test
  void resultsCarryTheirEventTimeAsFarAsKafkaTakesIt() {
    Job job = Job.named("times");
    job.source(
            KafkaSource.strings("in")
                .eventTime(Instant::parse)
                .watermarks(Watermarks.boundedOutOfOrderness(Duration.ofDays(30_000))))
        .to(KafkaSink.strings("out"));
    job.source(KafkaSource.strings("words").eventTime(Instant::parse))
        .keyBy(word -> word)
        .count()
        .to(KafkaSink.upsert("counts"));
    job.source(KafkaSource.strings("others").eventTime(Instant::parse))
        .to(KafkaSink.<String>strings("written").writeTime());
    try (JobTest test = JobTest.of(job)) {
      Instant now = test.now();
      String past = "2001-02-03T04:05:06.007Z";
      test.topic("in", String.class)
          .send(past)
          .send("1961-04-12T06:07:00Z")
          .send(now.plus(Duration.ofDays(1)).toString());
      test.topic("words", String.class).send(past);
      test.topic("others", String.class).send(past);
      test.run();
      assertThat(times(test, "out"))
          .containsExactly(Instant.parse(past), Instant.EPOCH, now.plus(Duration.ofMinutes(55)));
      assertThat(times(test, "counts")).containsExactly(Instant.parse(past));
      assertThat(times(test, "written")).hasSize(1).allMatch(time -> !time.isBefore(now));
    }
  }

  private static List<Instant> times(JobTest test, String topic) {
    return test.outputRecords(topic, byte[].class).stream().map(KafkaRecord::timestamp).toList();
  }

  @Test
  void windowResultsAndLateRecordsCarryTheirTimesToo() {
    OutputTag<Late<String>> late = Late.tag("late", String.class);
    Job job = Job.named("windows");
    DataStream<WindowResult<String, Long>> counts =
        job.source(
                KafkaSource.strings("in")
                    .eventTime(Instant::parse)
                    .watermarks(Watermarks.monotonous()))
            .keyBy(time -> "all")
            .window(Windows.tumbling(Duration.ofMinutes(1)))
            .lateTo(late)
            .count();
    counts.map(count -> "" + count.value()).to(KafkaSink.strings("out"));
    counts.sideOutput(late).map(Late::value).to(KafkaSink.strings("late"));
    try (JobTest test = JobTest.of(job)) {
      TestTopic<String> in = test.topic("in", String.class);
      in.send("2001-01-01T00:00:10Z").send("2001-01-01T00:02:00Z");
      test.run();
      in.send("2001-01-01T00:00:20Z");
      test.run();
      assertThat(times(test, "out")).containsExactly(Instant.parse("2001-01-01T00:00:59.999Z"));
      assertThat(times(test, "late")).containsExactly(Instant.parse("2001-01-01T00:00:20Z"));
    }
  }

  @Test
  void severalTopicsAreOneStream() {
    Job job = Job.named("several");
    job.source(KafkaSource.strings("a.eu").and("a.us", "b"))
        .keyBy(word -> word)
        .count()
        .to(KafkaSink.upsert("counts"));
    try (JobTest test = JobTest.of(job)) {
      test.topic("a.eu", String.class).partitions(2).send("x").send("y");
      test.topic("a.us", String.class).send("x");
      test.topic("b", String.class).send("x");
      test.run();
      assertThat(test.table("counts", Long.class)).isEqualTo(Map.of("x", 3L, "y", 1L));
      test.restart();
      test.topic("a.us", String.class).send("y");
      test.run();
      assertThat(test.table("counts", Long.class)).isEqualTo(Map.of("x", 3L, "y", 2L));
    }
    assertThatThrownBy(() -> KafkaSource.strings("a").and("b", "a"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("topic 'a' twice");
  }

  @Test
  void recordsWithoutKeyGoToThePolicyOfTheKey() {
    Job job = Job.named("keyless");
    job.source(KafkaSource.strings("in"))
        .keyBy(word -> word.isEmpty() ? null : word)
        .onError(ErrorPolicy.deadLetter())
        .aggregate(Aggregates.toList(String.class))
        .to(KafkaSink.upsert("lists"));
    try (JobTest test = JobTest.of(job)) {
      test.topic("in", String.class).send("a").send("").send("a");
      test.run();
      assertThat(test.outputRecords("lists", String.class))
          .last()
          .extracting(KafkaRecord::value)
          .isEqualTo("[\"a\",\"a\"]");
      assertThat(test.deadLetters())
          .singleElement()
          .satisfies(
              letter -> assertThat(letter.headers().toString()).contains("keyBy(...).onError"));
    }
  }

  @Test
  void recordsWithoutAValueArePassedOverAndCounted() {
    Job job = Job.named("tombstones");
    job.source(KafkaSource.json("in", Id.class).records(String.class))
        .map(KafkaRecord::key)
        .to(KafkaSink.strings("out"));
    try (JobTest test = JobTest.of(job)) {
      TestTopic<Id> in = test.topic("in", Id.class);
      in.sendTombstone("gone")
          .send(TestRecord.of(new Id("s", 1)).key("here"))
          .sendTombstone("gone too");
      test.run();
      assertThat(test.output("out", String.class)).containsExactly("here");
      assertThat(test.metrics().stage("in").tombstones()).isEqualTo(2);
      assertThat(test.metrics().stage("in").skippedRecords()).isZero();
    }
  }

  @Test
  void recordsWithoutAValueGoToThePolicyWhereTheyAreRejected() {
    Job job = Job.named("tombstones");
    job.source(KafkaSource.json("in", Id.class).rejectTombstones())
        .onError(ErrorPolicy.deadLetter())
        .map(Id::shop)
        .to(KafkaSink.strings("out"));
    try (JobTest test = JobTest.of(job)) {
      test.topic("in", Id.class).sendTombstone("gone").send(new Id("s", 1));
      test.run();
      assertThat(test.output("out", String.class)).containsExactly("s");
      assertThat(test.deadLetters())
          .singleElement()
          .satisfies(
              letter -> {
                assertThat(letter.value()).isNull();
                assertThat(letter.headers().toString()).contains("no value (a tombstone)");
              });
    }
  }
}
