package dev.millrace.testkit;

import static dev.millrace.testkit.TableChanges.changes;
import static dev.millrace.testkit.TableChanges.writeChanges;
import static dev.millrace.testkit.TableChanges.written;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Job;
import dev.millrace.Table;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaTable;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.error.MillraceException;
import dev.millrace.error.TypeInferenceException;
import dev.millrace.serde.TypeRef;
import dev.millrace.time.WatermarkOutput;
import dev.millrace.time.Watermarks;
import dev.millrace.window.Windows;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.LongDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tables from topics: what rows and changes the records of a topic make. */
final class TopicTablesTest {

  record Profile(String city, int age) {}

  record Id(String shop, int number) {}

  record Tags(List<String> tags) {}

  record Price(Instant at, long cents) {}

  private static final Instant START = Instant.parse("2030-01-01T00:00:00Z");

  private final Job job = Job.named("job");

  private Table<String, Profile> profiles() {
    return job.table(KafkaTable.json("profiles", String.class, Profile.class));
  }

  private Table<String, String> words() {
    return job.table(KafkaTable.strings("words", String.class));
  }

  private static TestRecord<String> word(String key, String word) {
    return TestRecord.of(word).key(key);
  }

  // ------------------------------------------------------------------ rows

  @Test
  void theNewestRecordIsTheRowAndATombstoneDeletesIt() {
    writeChanges(profiles());
    try (JobTest test = JobTest.of(job)) {
      TestTopic<Profile> topic = test.topic("profiles", Profile.class);
      topic.send(TestRecord.of(new Profile("Rome", 30)).key("ann"));
      topic.send(TestRecord.of(new Profile("Oslo", 40)).key("bob"));
      test.run();
      topic.send(TestRecord.of(new Profile("Rome", 31)).key("ann"));
      topic.sendTombstone("bob");
      test.run();
      assertThat(changes(test))
          .containsExactly(
              "INSERT ann Profile[city=Rome, age=30]",
              "INSERT bob Profile[city=Oslo, age=40]",
              "UPDATE_BEFORE ann Profile[city=Rome, age=30]",
              "UPDATE_AFTER ann Profile[city=Rome, age=31]",
              "DELETE bob Profile[city=Oslo, age=40]");
      assertThat(test.state("profiles", String.class, Profile.class))
          .isEqualTo(Map.of("ann", new Profile("Rome", 31)));
    }
  }

  @Test
  void changesOfOneTransactionNetOut() {
    writeChanges(words());
    try (JobTest test = JobTest.of(job)) {
      TestTopic<String> topic = test.topic("words", String.class);
      topic.send(word("a", "1")).send(word("b", "1")).send(word("c", "1"));
      topic.sendTombstone("nobody");
      topic.send(word("a", "2")).sendTombstone("b");
      test.run();
      assertThat(changes(test)).containsExactly("INSERT a 2", "INSERT c 1");
      topic.send(word("a", "3")).send(word("a", "2")); // as it was
      topic.sendTombstone("c").send(word("c", "2"));
      topic.sendTombstone("b");
      test.run();
      assertThat(changes(test).subList(2, 4))
          .containsExactly("UPDATE_BEFORE c 1", "UPDATE_AFTER c 2");
      assertThat(changes(test)).hasSize(4);
    }
  }

  @Test
  void anUpsertSinkWritesRowsAndTombstones() {
    words().to(KafkaSink.upsert("out"));
    try (JobTest test = JobTest.of(job)) {
      TestTopic<String> topic = test.topic("words", String.class).partitions(3);
      for (int i = 0; i < 20; i++) {
        topic.send(word("k" + i % 7, "v" + i));
      }
      topic.sendTombstone("k0");
      test.run();
      topic.sendTombstone("k1");
      test.run();
      assertThat(written(test, "out"))
          .isEqualTo(Map.of("k2", "v16", "k3", "v17", "k4", "v18", "k5", "v19", "k6", "v13"));
    }
  }

  @Test
  void keysAreDecodedAsTheirTypeIsWrittenOrByADeserializer() {
    writeChanges(job.table(KafkaTable.json("ids", Id.class, Profile.class)));
    writeChanges(
        job.table(
            KafkaTable.of("longs", Long.class, String.class, StringDeserializer::new)
                .keys(LongDeserializer::new)));
    job.table(KafkaTable.strings("bytes", byte[].class))
        .changes()
        .map(change -> change.kind() + " " + change.key().length + " " + change.value())
        .to(KafkaSink.strings("changes"));
    try (JobTest test = JobTest.of(job)) {
      test.topic("ids", Profile.class)
          .send(TestRecord.of(new Profile("Rome", 1)).key("{\"number\":7,\"shop\":\"s\"}"))
          .send(TestRecord.of(new Profile("Rome", 2)).key("{\"shop\":\"s\", \"number\":7}"));
      test.topic("longs", byte[].class)
          .send(
              TestRecord.of("seven".getBytes(StandardCharsets.UTF_8))
                  .key(ByteBuffer.allocate(Long.BYTES).putLong(7).array()));
      test.topic("bytes", String.class).send(TestRecord.of("v").key(new byte[3]));
      test.run();
      assertThat(changes(test))
          .as("keys are equal if what they say is equal, not their bytes")
          .containsExactlyInAnyOrder(
              "INSERT Id[shop=s, number=7] Profile[city=Rome, age=2]",
              "INSERT 7 seven",
              "INSERT 3 v");
    }
  }

  // ------------------------------------------------------------------ what is no row

  @Test
  void aRecordWithoutAKeyStopsTheJobWithItsPlace() {
    writeChanges(words());
    try (JobTest test = JobTest.of(job)) {
      test.topic("words", String.class).send(word("a", "1")).send("nobody's");
      assertThatThrownBy(test::run)
          .isInstanceOf(MillraceException.class)
          .hasMessageContaining("has no key")
          .hasMessageContaining("topic words, partition 0, offset 1");
      assertThat(changes(test)).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = ErrorPolicy.Action.class,
      names = {"SKIP", "DEAD_LETTER"})
  void whatIsDroppedLeavesTheRowAsItWas(ErrorPolicy.Action action) {
    boolean skips = action == ErrorPolicy.Action.SKIP;
    Table<Id, Profile> table = job.table(KafkaTable.json("rows", Id.class, Profile.class));
    writeChanges(table.onError(skips ? ErrorPolicy.skip() : ErrorPolicy.deadLetter()));
    String id = "{\"shop\":\"s\",\"number\":7}";
    try (JobTest test = JobTest.of(job)) {
      TestTopic<byte[]> topic = test.topic("rows", byte[].class);
      topic.send(TestRecord.of(utf8("{\"city\":\"Rome\",\"age\":1}")).key(id));
      test.run();
      topic.send(TestRecord.of(utf8("no profile")).key(id));
      topic.send(TestRecord.of(utf8("{\"city\":\"Rome\",\"age\":2}")).key("no id"));
      topic.send(TestRecord.of(utf8("{\"city\":\"Rome\",\"age\":3}")));
      topic.sendTombstone("no id either");
      test.run();
      assertThat(changes(test)).hasSize(1);
      topic.send(TestRecord.of(utf8("{\"city\":\"Rome\",\"age\":4}")).key(id));
      test.run();
      assertThat(changes(test).subList(1, 3))
          .containsExactly(
              "UPDATE_BEFORE Id[shop=s, number=7] Profile[city=Rome, age=1]",
              "UPDATE_AFTER Id[shop=s, number=7] Profile[city=Rome, age=4]");
      assertThat(test.metrics().stage("rows").skippedRecords()).isEqualTo(skips ? 4 : 0);
      List<DeadLetter> letters = test.deadLetters();
      if (skips) {
        assertThat(letters).isEmpty();
        return;
      }
      assertThat(letters).hasSize(4).allSatisfy(each -> assertThat(each.topic()).isEqualTo("rows"));
      assertThat(letters.get(0).value()).isEqualTo(utf8("no profile"));
      assertThat(letters.get(0).key()).isEqualTo(utf8(id));
      assertThat(letters.get(1).key()).isEqualTo(utf8("no id"));
      assertThat(letters.get(2).key()).isNull();
      assertThat(letters.get(2).message()).contains("has no key");
      assertThat(letters.get(3).value()).isNull();
    }
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void decodingIsTriedAgainAsOftenAsThePolicyAllows() {
    AtomicInteger calls = new AtomicInteger();
    Deserializer<String> flaky =
        (topic, data) -> {
          if (calls.incrementAndGet() % 3 != 0) {
            throw new IllegalStateException("not now");
          }
          return new String(data, StandardCharsets.UTF_8);
        };
    Table<String, String> table =
        job.table(
            KafkaTable.of(
                "in",
                String.class,
                String.class,
                () -> (topic, data) -> flaky.deserialize(topic, data)));
    writeChanges(table.onError(ErrorPolicy.fail().retries(2, Duration.ofMillis(1))));
    try (JobTest test = JobTest.of(job)) {
      test.topic("in", byte[].class).send(TestRecord.of(utf8("v")).key("k"));
      test.run();
      assertThat(changes(test)).containsExactly("INSERT k v");
    }
  }

  // ------------------------------------------------------------------ time

  @Test
  void aChangeHasTheTimeOfItsRecordAndADeletionThatOfKafka() {
    Table<String, Price> prices =
        job.table(
            KafkaTable.json("prices", String.class, Price.class)
                .eventTime(Price::at)
                .watermarks(Watermarks.monotonous()));
    prices
        .changes()
        .map(change -> change.kind() + " " + change.key())
        .to(KafkaSink.strings("changes"));
    try (JobTest test = JobTest.builder(job).startAt(START).build()) {
      TestTopic<Price> topic = test.topic("prices", Price.class);
      topic.send(TestRecord.of(new Price(START.minusSeconds(60), 1)).key("a"));
      test.run();
      assertThat(test.watermark("prices")).contains(START.minusSeconds(60));
      topic.sendTombstone("a");
      test.run();
      assertThat(test.watermark("prices"))
          .as("the time of a deletion is another kind of time, and moves nothing")
          .contains(START.minusSeconds(60));
      assertThat(test.outputRecords("changes", String.class))
          .extracting(record -> record.value() + " " + record.timestamp())
          .containsExactly("INSERT a " + START.minusSeconds(60), "DELETE a " + START);
    }
  }

  @Test
  void withTimesOfKafkaDeletionsMoveTheWatermarkToo() {
    writeChanges(
        job.table(KafkaTable.strings("words", String.class).watermarks(Watermarks.monotonous())));
    try (JobTest test = JobTest.builder(job).startAt(START).build()) {
      test.topic("words", String.class).sendTombstone("a");
      test.run();
      assertThat(test.watermark("words")).contains(START);
    }
  }

  @Test
  void aGeneratorIsShownTheValuesOfRows() {
    List<String> seen = new ArrayList<>();
    writeChanges(
        job.table(
            KafkaTable.strings("words", String.class)
                .watermarks(
                    Watermarks.generator(
                        () -> (String word, Instant at, WatermarkOutput out) -> seen.add(word)))));
    try (JobTest test = JobTest.of(job)) {
      test.topic("words", String.class).send(word("a", "1")).sendTombstone("a");
      test.run();
      assertThat(seen).containsExactly("1");
      assertThat(changes(test)).isEmpty();
    }
  }

  @Test
  void windowsOverChangesGoByTheTimesOfTheTable() {
    job.table(
            KafkaTable.json("prices", String.class, Price.class)
                .eventTime(Price::at)
                .watermarks(Watermarks.monotonous()))
        .changes()
        .keyBy(String.class, change -> change.key())
        .window(Windows.tumbling(Duration.ofMinutes(1)))
        .count()
        .map(result -> result.key() + " " + result.window().start() + " " + result.value())
        .to(KafkaSink.strings("changes"));
    try (JobTest test = JobTest.builder(job).startAt(START).build()) {
      TestTopic<Price> topic = test.topic("prices", Price.class).partitions(2);
      Instant then = START.minusSeconds(600);
      for (int i = 0; i < 6; i++) {
        topic.send(TestRecord.of(new Price(then.plusSeconds(20L * i), i)).key("a").partition(0));
        topic.send(TestRecord.of(new Price(then.plusSeconds(20L * i), i)).key("b").partition(1));
        test.run();
        if (i == 2) {
          test.restart();
        }
      }
      assertThat(changes(test))
          .as("an insert, and two changes for each update")
          .containsExactlyInAnyOrder("a " + then + " 5", "b " + then + " 5");
    }
  }

  @Test
  void aPartitionWithoutRecordsIsLeftOutOfTimeIfTheTableSaysSo() {
    job.table(
            KafkaTable.strings("words", String.class)
                .watermarks(Watermarks.monotonous().idleness(Duration.ofSeconds(5))))
        .changes()
        .keyBy(String.class, change -> change.key())
        .window(Windows.tumbling(Duration.ofSeconds(1)))
        .count()
        .map(result -> result.key() + " " + result.value())
        .to(KafkaSink.strings("changes"));
    try (JobTest test = JobTest.builder(job).startAt(START).build()) {
      TestTopic<String> topic = test.topic("words", String.class).partitions(2);
      topic.send(word("a", "1").partition(0).at(START));
      topic.send(word("a", "2").partition(0).at(START.plusSeconds(2)));
      test.run();
      assertThat(changes(test)).isEmpty();
      test.advanceProcessingTime(Duration.ofSeconds(20));
      for (int i = 3; i < 8; i++) {
        topic.send(word("a", "" + i).partition(0).at(START.plusSeconds(i)));
        test.advanceProcessingTime(Duration.ofSeconds(3));
      }
      assertThat(changes(test)).first().isEqualTo("a 1");
    }
  }

  // ------------------------------------------------------------------ programs

  @Test
  void severalTablesCanBeMadeOfATopicUnderNamesOfTheirOwn() {
    words().name("first").to(KafkaSink.upsert("out"));
    words().name("second").to(KafkaSink.upsert("out-2"));
    try (JobTest test = JobTest.of(job)) {
      test.topic("words", String.class).send(word("a", "1"));
      test.run();
      assertThat(test.stages()).containsExactly("first", "second");
      assertThat(written(test, "out")).isEqualTo(Map.of("a", "1"));
      assertThat(written(test, "out-2")).isEqualTo(Map.of("a", "1"));
      assertThat(test.state("second", String.class, String.class)).isEqualTo(Map.of("a", "1"));
    }
  }

  @Test
  void keysWithoutAnOrderOfBytesAreRefusedWhenTheJobIsBuilt() {
    assertThatThrownBy(() -> job.table(KafkaTable.json("in", Tags.class, Profile.class)))
        .isInstanceOf(TypeInferenceException.class)
        .hasMessageContaining("topic 'in'");
  }

  @Test
  void whatConcernsJsonOnlyIsRefusedElsewhere() {
    assertThatThrownBy(() -> KafkaTable.strings("in", String.class).lenient())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("concerns JSON only");
    assertThat(KafkaTable.strings("in", Id.class).lenient()).isNotNull();
  }

  @Test
  void rowsOfMutableObjectsAreNobodyElses() {
    Table<String, HashMap<String, Integer>> table =
        job.table(KafkaTable.json("in", String.class, new TypeRef<HashMap<String, Integer>>() {}));
    table
        .changes()
        .peek(change -> change.value().put("spoilt", 1))
        .map(change -> change.kind() + " " + new TreeMap<>(change.value()))
        .to(KafkaSink.strings("changes"));
    try (JobTest test = JobTest.of(job)) {
      TestTopic<Map<String, Integer>> topic =
          test.topic("in", new TypeRef<Map<String, Integer>>() {});
      topic.send(TestRecord.of(Map.of("n", 1)).key("a"));
      test.run();
      topic.send(TestRecord.of(Map.of("n", 2)).key("a"));
      test.run();
      assertThat(changes(test))
          .containsExactly(
              "INSERT {n=1, spoilt=1}",
              "UPDATE_BEFORE {n=1, spoilt=1}",
              "UPDATE_AFTER {n=2, spoilt=1}");
      topic.sendTombstone("a");
      test.run();
      assertThat(changes(test).get(3)).isEqualTo("DELETE {n=2, spoilt=1}");
    }
  }
}
