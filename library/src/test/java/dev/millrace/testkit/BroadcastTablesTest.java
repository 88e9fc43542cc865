package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.BroadcastTable;
import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.Table;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.connector.KafkaTable;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.error.MillraceException;
import dev.millrace.internal.sim.SimClients;
import dev.millrace.internal.sim.SimKafka.Tombstones;
import dev.millrace.time.Watermarks;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tables that every instance has whole: which row a record finds, and what can go wrong. */
final class BroadcastTablesTest {

  record Id(String shop, int number) {}

  record Basket(List<String> items) {}

  private final Job job = Job.named("job");

  private DataStream<String> stream() {
    return job.source(KafkaSource.strings("in"));
  }

  private Table<String, String> words() {
    return job.table(KafkaTable.strings("words", String.class));
  }

  /** Looks up a row by the text before the colon; {@code -} is none. */
  private static @Nullable String key(String value) {
    String key = value.substring(0, value.indexOf(':'));
    return key.equals("-") ? null : key;
  }

  private static void lookUp(DataStream<String> stream, Table<String, ?> table) {
    stream
        .join(table.broadcast())
        .on(BroadcastTablesTest::key)
        .left((value, row) -> value + row)
        .name("lookup")
        .to(KafkaSink.strings("out"));
  }

  private static TestRecord<String> word(String key, String word) {
    return TestRecord.of(word).key(key);
  }

  private static List<String> out(JobTest test) {
    return test.drain("out", String.class);
  }

  // ------------------------------------------------------------------ rows

  @Test
  void aRecordFindsTheRowThatIsThereNow() {
    lookUp(stream(), words());
    try (JobTest test = JobTest.of(job)) {
      TestTopic<String> words = test.topic("words", String.class);
      TestTopic<String> in = test.topic("in", String.class);
      in.send("a:1 ");
      assertThat(out(test.run())).containsExactly("a:1 null");
      words.send(word("a", "x"));
      test.run();
      in.send("a:2 ");
      assertThat(out(test.run())).containsExactly("a:2 x");
      words.send(word("a", "y")).send(word("b", "z"));
      test.run();
      in.send("a:3 ").send("b:3 ");
      assertThat(out(test.run())).containsExactly("a:3 y", "b:3 z");
      words.sendTombstone("a").sendTombstone("nobody");
      test.run();
      in.send("a:4 ").send("b:4 ").send("-:4 ");
      assertThat(out(test.run())).containsExactly("a:4 null", "b:4 z", "-:4 null");
    }
  }

  @Test
  void aJoinHasOnlyRecordsThatFindARow() {
    stream()
        .join(words().broadcast())
        .on(BroadcastTablesTest::key)
        .inner((value, row) -> value + row)
        .to(KafkaSink.strings("out"));
    try (JobTest test = JobTest.of(job)) {
      test.topic("words", String.class).send(word("a", "x"));
      test.topic("in", String.class).send("a:1 ").send("b:1 ").send("-:1 ");
      assertThat(out(test.run())).containsExactly("a:1 x");
    }
  }

  @Test
  void noStageReadsATopicThatInstancesRead() {
    lookUp(stream(), words());
    try (JobTest test = JobTest.of(job)) {
      test.topic("words", String.class).send(word("a", "x"));
      test.run();
      assertThat(test.stages()).containsExactly("in");
      assertThat(test.kafka().partitions("job.words.changelog")).isEmpty();
      assertThat(test.kafka().partitions("job.words.broadcast")).isEmpty();
    }
  }

  @Test
  void everyStartReadsAllOfTheTopicBeforeItsFirstRecord() {
    lookUp(stream(), words());
    try (JobTest test = JobTest.of(job)) {
      TestTopic<String> words = test.topic("words", String.class).partitions(3);
      for (int i = 0; i < 24_000; i++) { // more than one poll returns
        words.send(word("k" + i % 12_000, "v" + i));
      }
      TestTopic<String> in = test.topic("in", String.class);
      in.send("k0:1 ").send("k11999:1 ");
      assertThat(out(test.run())).containsExactly("k0:1 v12000", "k11999:1 v23999");
      in.send("k11999:2 ");
      assertThat(out(test.restart())).containsExactly("k11999:2 v23999");
      in.send("k1:3 ").send("k1:4 ").send("k1:5 ").send("k1:6 ");
      assertThat(out(test.scaleTo(3)))
          .containsOnly("k1:3 v12001", "k1:4 v12001", "k1:5 v12001", "k1:6 v12001");
    }
  }

  @Test
  void keysAreEqualIfWhatTheySayIs() {
    Table<Id, String> table = job.table(KafkaTable.strings("ids", Id.class));
    stream()
        .join(table.broadcast())
        .on(value -> new Id("s", Integer.parseInt(value)))
        .left((value, row) -> value + " " + row)
        .to(KafkaSink.strings("out"));
    try (JobTest test = JobTest.of(job)) {
      test.topic("ids", String.class)
          .send(word("{\"number\":7,\"shop\":\"s\"}", "first"))
          .send(word("{\"shop\":\"s\", \"number\":7}", "second"))
          .send(word("{\"shop\":\"s\",\"number\":8}", "other"));
      test.topic("in", String.class).send("7").send("8");
      assertThat(out(test.run())).containsExactly("7 second", "8 other");
    }
  }

  @Test
  void aFunctionCannotChangeTheRowOfOthers() {
    Table<String, Basket> baskets =
        job.table(KafkaTable.json("baskets", String.class, Basket.class));
    BroadcastTable<String, Basket> table = baskets.broadcast();
    AtomicInteger attempts = new AtomicInteger();
    stream()
        .join(table)
        .on(BroadcastTablesTest::key)
        .inner(
            (value, basket) -> {
              basket.items().add(value);
              if (attempts.incrementAndGet() % 2 == 1) {
                throw new IllegalStateException("once more");
              }
              return basket.items().toString();
            })
        .onError(ErrorPolicy.fail().retries(1, Duration.ofMillis(1)))
        .to(KafkaSink.strings("out"));
    try (JobTest test = JobTest.of(job)) {
      test.topic("baskets", Basket.class)
          .send(TestRecord.of(new Basket(new ArrayList<>(List.of("own")))).key("a"));
      test.topic("in", String.class).send("a:1").send("a:2");
      assertThat(out(test.run())).containsExactly("[own, a:1]", "[own, a:2]");
    }
  }

  @Test
  void recordsOfAnAbortedTransactionFindARowAgain() {
    lookUp(stream(), words());
    try (JobTest test = JobTest.of(job)) {
      test.topic("words", String.class).send(word("a", "x"));
      test.topic("in", String.class).send("a:1 ");
      test.abortNextCommit();
      assertThat(out(test.run())).containsExactly("a:1 x");
      assertThat(out(test.restart())).isEmpty();
    }
  }

  // ------------------------------------------------------------------ topics

  @Test
  void rowsThatMoveToOtherPartitionsAreTheNewest() {
    lookUp(stream(), words());
    try (JobTest test = JobTest.of(job)) {
      TestTopic<String> words = test.topic("words", String.class).partitions(2);
      TestTopic<String> in = test.topic("in", String.class);
      Instant now = test.now();
      words.send(word("up", "new").partition(0).at(now.plusSeconds(2)));
      words.send(word("up", "old").partition(1).at(now));
      words.send(word("down", "old").partition(0).at(now));
      words.send(word("down", "new").partition(1).at(now.plusSeconds(2)));
      words.send(word("same", "first").partition(1).at(now.plusSeconds(9)));
      words.send(word("same", "second").partition(1).at(now));
      in.send("up:1 ").send("down:1 ").send("same:1 ");
      assertThat(out(test.run())).containsExactly("up:1 new", "down:1 new", "same:1 second");
      words.growTo(3);
      test.advanceProcessingTime(Duration.ofSeconds(11));
      words.send(word("up", "older").partition(2).at(now));
      words.send(word("down", "grown").partition(2).at(now.plusSeconds(3)));
      test.run();
      in.send("up:2 ").send("down:2 ");
      assertThat(out(test.run())).containsExactly("up:2 new", "down:2 grown");
      in.send("up:3 ").send("down:3 ");
      assertThat(out(test.restart())).containsExactly("up:3 new", "down:3 grown");
    }
  }

  @Test
  void aDeletionInANewPartitionIsNotUndoneByAnOldRow() {
    lookUp(stream(), words());
    String key =
        Stream.of("a", "b", "c", "d", "e", "f")
            .filter(each -> Utils.toPositive(Utils.murmur2(utf8(each))) % 2 == 0)
            .findFirst()
            .orElseThrow();
    try (JobTest test = JobTest.of(job)) {
      TestTopic<String> words = test.topic("words", String.class).partitions(2);
      words.send(word(key, "old").partition(1).at(test.now().minusSeconds(5)));
      words.sendTombstone(key); // partition 0, which is read first
      test.topic("in", String.class).send(key + ":1 ");
      assertThat(out(test.run())).containsExactly(key + ":1 null");
    }
  }

  @Test
  void aTopicThatIsDeletedStopsTheJob() {
    lookUp(stream(), words());
    try (JobTest test = JobTest.of(job)) {
      test.topic("words", String.class).send(word("a", "x"));
      test.run();
      try (SimClients clients = test.kafka().connect(JobConfig.defaults())) {
        clients.admin().deleteTopics(List.of("words"));
      }
      assertThatThrownBy(() -> test.advanceProcessingTime(Duration.ofMinutes(2)))
          .isInstanceOf(MillraceException.class)
          .hasMessageContaining("Cannot read broadcast table 'words' of job 'job' on")
          .hasMessageContaining("was deleted");
    }
  }

  @Test
  void recordsThatAreDeletedBeforeTheyAreReadStopTheJob() {
    lookUp(stream(), words());
    try (JobTest test = JobTest.of(job)) {
      TestTopic<String> words = test.topic("words", String.class);
      words.send(word("a", "x"));
      test.run();
      words.send(word("a", "y")).send(word("a", "z"));
      test.kafka().deleteBefore(new TopicPartition("words", 0), 2);
      assertThatThrownBy(test::run)
          .isInstanceOf(MillraceException.class)
          .hasMessageContaining("offset 1 of words-0 is not in the topic any more");
      test.topic("in", String.class).send("a:1 ");
      assertThat(out(test.restart())).containsExactly("a:1 z");
    }
  }

  // ------------------------------------------------------------------ what is no row

  @Test
  void whatIsNoRowStopsTheJobWithItsPlace() {
    lookUp(stream(), words());
    try (JobTest test = JobTest.of(job)) {
      test.topic("words", String.class).send(word("a", "x")).send("nobody's");
      test.topic("in", String.class).send("a:1 ");
      assertThatThrownBy(test::run)
          .isInstanceOf(MillraceException.class)
          .hasMessageContaining("Cannot read a row of broadcast table 'words' of job 'job'")
          .hasMessageContaining("has no key")
          .hasMessageContaining("topic words, partition 0, offset 1");
      assertThat(out(test)).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"skip", "dead-letter"})
  void whatIsDroppedLeavesTheRowAsItWas(String policy) {
    boolean skips = policy.equals("skip");
    Table<String, Id> ids =
        job.table(KafkaTable.json("ids", String.class, Id.class))
            .onError(skips ? ErrorPolicy.skip() : ErrorPolicy.deadLetter());
    lookUp(stream(), ids);
    try (JobTest test = JobTest.builder(job).instances(2).build()) {
      TestTopic<byte[]> topic = test.topic("ids", byte[].class);
      topic.send(TestRecord.of(utf8("{\"shop\":\"s\",\"number\":1}")).key("a"));
      topic.send(TestRecord.of(utf8("no id")).key("a"));
      topic.send(TestRecord.of(utf8("{\"shop\":\"s\",\"number\":2}")));
      test.run();
      test.topic("in", String.class).send("a:1 ");
      assertThat(out(test.run())).containsExactly("a:1 Id[shop=s, number=1]");
      test.restart();
      assertThat(test.deadLetters())
          .as("one for each record, however many instances read the table how often")
          .hasSize(skips ? 0 : 2);
    }
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void decodingIsTriedAgainAsOftenAsThePolicyAllows() {
    AtomicInteger calls = new AtomicInteger();
    Table<String, String> table =
        job.table(
                KafkaTable.of(
                    "words",
                    String.class,
                    String.class,
                    () ->
                        (topic, data) -> {
                          if (calls.incrementAndGet() % 3 != 0) {
                            throw new IllegalStateException("not now");
                          }
                          return new String(data, StandardCharsets.UTF_8);
                        }))
            .onError(ErrorPolicy.fail().retries(2, Duration.ofMillis(1)));
    lookUp(stream(), table);
    try (JobTest test = JobTest.of(job)) {
      test.topic("words", byte[].class).send(TestRecord.of(utf8("x")).key("a"));
      test.topic("in", String.class).send("a:1 ");
      assertThat(out(test.run())).containsExactly("a:1 x");
    }
  }

  @Test
  void aFunctionThatFailsIsAboutTheRecord() {
    stream()
        .join(words().broadcast())
        .on(value -> value.equals("no key") ? fail("key") : value)
        .left((value, row) -> value.equals("no result") ? fail("join") : value + " " + row)
        .onError(ErrorPolicy.deadLetter())
        .name("lookup")
        .to(KafkaSink.strings("out"));
    try (JobTest test = JobTest.of(job)) {
      test.topic("in", String.class).send("no key").send("no result").send("good");
      assertThat(out(test.run())).containsExactly("good null");
      assertThat(test.deadLetters())
          .extracting(DeadLetter::message)
          .containsExactly("key fails", "join fails");
      assertThat(test.deadLetters()).allSatisfy(each -> assertThat(each.topic()).isEqualTo("in"));
    }
  }

  private static String fail(String what) {
    throw new IllegalArgumentException(what + " fails");
  }

  @Test
  void aTableThatTakesTooMuchMemoryStopsTheJob() {
    lookUp(stream(), words());
    try (JobTest test = JobTest.builder(job).set("broadcast.memory", "1MB").build()) {
      TestTopic<String> words = test.topic("words", String.class);
      String large = "x".repeat(100_000);
      for (int i = 0; i < 20; i++) {
        words.send(word("same", large)); // one row, however often it changes
      }
      test.run();
      for (int i = 0; i < 20; i++) {
        words.send(word("k" + i, large)).sendTombstone("k" + i);
      }
      test.run();
      for (int i = 0; i < 20; i++) {
        words.send(word("k" + i, large));
      }
      assertThatThrownBy(test::run)
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining("Cannot keep broadcast table 'words' of job 'job' in memory")
          .hasMessageContaining("Raise broadcast.memory");
    }
  }

  // ------------------------------------------------------------------ tables that the job makes

  private void lookUpCounts(DataStream<String> stream) {
    Table<String, Long> counts =
        job.source(KafkaSource.strings("words")).keyBy(word -> word).count().name("counts");
    lookUp(stream, counts);
  }

  @Test
  void rowsThatTheJobMakesAreThereWithTheirCommit() {
    lookUpCounts(stream());
    try (JobTest test = JobTest.of(job)) {
      TestTopic<String> words = test.topic("words", String.class).partitions(2);
      TestTopic<String> in = test.topic("in", String.class);
      words.send("a").send("a").send("b");
      test.run();
      in.send("a:1 ").send("b:1 ").send("c:1 ");
      assertThat(out(test.run())).containsExactly("a:1 2", "b:1 1", "c:1 null");
      words.send("a").send("c");
      test.abortNextCommit();
      test.run();
      in.send("a:2 ").send("c:2 ");
      assertThat(out(test.restart())).containsExactly("a:2 3", "c:2 1");
    }
  }

  @Test
  void rowsOfOtherTablesGoWithTheirTables() {
    Table<String, String> filtered =
        words().filter((key, word) -> !word.isEmpty()).mapValues(word -> word + "!");
    lookUp(stream(), filtered);
    try (JobTest test = JobTest.of(job)) {
      TestTopic<String> words = test.topic("words", String.class).partitions(2);
      TestTopic<String> in = test.topic("in", String.class);
      words.send(word("a", "x")).send(word("b", "y")).send(word("c", ""));
      test.run();
      words.send(word("a", "")).sendTombstone("b").send(word("c", "z"));
      test.run();
      in.send("a:1 ").send("b:1 ").send("c:1 ");
      assertThat(out(test.run())).containsExactly("a:1 null", "b:1 null", "c:1 z!");
    }
  }

  @Test
  void aRowThatCannotBeWrittenGoesWithTheOneThatItReplaces() {
    Table<String, String> table =
        words().mapValues(word -> word.equals("large") ? "x".repeat(2 << 20) : word);
    lookUp(stream(), table.onError(ErrorPolicy.skip()));
    try (JobTest test = JobTest.of(job)) {
      TestTopic<String> words = test.topic("words", String.class);
      words.send(word("a", "x")).send(word("b", "y"));
      test.run();
      words.send(word("a", "large"));
      test.run();
      test.topic("in", String.class).send("a:1 ").send("b:1 ");
      assertThat(out(test.run())).containsExactly("a:1 null", "b:1 y");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aTableThatIsElseLookedUpInTimeOnlyIsThereWhole(boolean isOfTopic) {
    Table<String, String> table =
        isOfTopic
            ? job.table(
                    KafkaTable.strings("words", String.class).watermarks(Watermarks.monotonous()))
                .onError(ErrorPolicy.deadLetter())
            : job.source(KafkaSource.strings("words").watermarks(Watermarks.monotonous()))
                .toTable(word -> word.substring(0, 1));
    DataStream<String> in =
        job.source(KafkaSource.strings("in").watermarks(Watermarks.monotonous()));
    lookUp(in, table);
    in.join(table)
        .on(value -> value.substring(0, 1))
        .asOfEventTime()
        .left((value, row) -> value + row)
        .to(KafkaSink.strings("versions"));
    try (JobTest test = JobTest.of(job)) {
      Instant now = test.now();
      test.topic("words", String.class)
          .send(word("a", "a1").at(now))
          .send(word("a", "a2").at(now.plusSeconds(9)));
      test.run();
      test.topic("in", String.class).send(TestRecord.of("a:1 ").at(now.plusSeconds(5)));
      test.topic("in", String.class).send(TestRecord.of("a:2 ").at(now.plusSeconds(20)));
      assertThat(out(test.run())).containsExactly("a:1 a2", "a:2 a2");
      assertThat(test.drain("versions", String.class)).containsExactly("a:1 a1");
    }
  }

  // ------------------------------------------------------------------ runs with an end

  @Test
  void aRunWithAnEndReadsTheTableToItsEndFirst() {
    lookUpCounts(stream());
    try (JobTest test = JobTest.builder(job).set("until.end", "true").instances(2).build()) {
      test.topic("in", String.class).partitions(2).send("a:1 ").send("b:1 ").send("c:1 ");
      test.topic("words", String.class).partitions(2).send("a").send("a").send("b");
      test.run();
      assertThat(out(test)).containsExactlyInAnyOrder("a:1 2", "b:1 1", "c:1 null");
    }
  }

  @Test
  void aRunWithAnEndDoesNotSeeWhatComesAfterIt() {
    List<Runnable> meanwhile = new ArrayList<>();
    DataStream<String> stream = stream().peek(value -> meanwhile.forEach(Runnable::run));
    lookUp(stream, words());
    try (JobTest test = JobTest.builder(job).set("until.end", "true").build()) {
      TestTopic<String> words = test.topic("words", String.class);
      words.send(word("a", "x"));
      meanwhile.add(() -> words.send(word("a", "y")));
      test.topic("in", String.class).send("a:1 ");
      test.failCommit(0, CommitFailure.KILLED_BEFORE);
      assertThat(out(test.run())).containsExactly("a:1 x");
      test.topic("in", String.class).send("a:2 ");
      test.endInput();
      assertThat(out(test)).as("a further run").containsExactly("a:2 y");
    }
  }

  @Test
  void aStageCannotWaitForTheEndOfWhatItEmits() {
    DataStream<String> in = stream();
    lookUp(in, in.keyBy(value -> key(value) + "").count());
    try (JobTest test = JobTest.builder(job).set("until.end", "true").build()) {
      test.topic("in", String.class).send("a:1 ");
      assertThatThrownBy(test::run)
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining("each would wait for the other to end")
          .hasMessageContaining("Put .rebalance() before the join");
    }
  }

  @Test
  void aStageAfterAShuffleCanWaitForTheEnd() {
    DataStream<String> in = stream();
    lookUp(in.rebalance(), in.keyBy(value -> key(value) + "").count());
    try (JobTest test = JobTest.builder(job).set("until.end", "true").build()) {
      test.topic("in", String.class).send("a:1 ").send("b:2 ").send("a:3 ");
      test.run();
      assertThat(out(test)).containsExactlyInAnyOrder("a:1 2", "b:2 1", "a:3 2");
    }
  }

  @Test
  void withoutAnEndAStreamMayLookUpWhatIsMadeOfIt() {
    DataStream<String> in = stream();
    lookUp(in, in.keyBy(value -> key(value) + "").count());
    try (JobTest test = JobTest.of(job)) {
      TestTopic<String> topic = test.topic("in", String.class);
      topic.send("a:1 ");
      assertThat(out(test.run())).containsExactly("a:1 null");
      topic.send("a:2 ");
      assertThat(out(test.run())).containsExactly("a:2 1");
    }
  }

  // ------------------------------------------------------------------ at random

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void whateverHappensTheRowsAreThoseOfTheTopic(long seed) {
    boolean ofTopic = seed % 2 == 0;
    Table<String, String> words = words();
    lookUp(stream(), ofTopic ? words : words.mapValues(word -> word));
    Random random = new Random(seed);
    Map<String, String> rows = new HashMap<>();
    int sent = 0;
    try (JobTest test = JobTest.builder(job).seed(seed).instances(2).build()) {
      TestTopic<String> topic = test.topic("words", String.class).partitions(3);
      TestTopic<String> in = test.topic("in", String.class).partitions(2);
      List<Supplier<?>> happenings =
          List.of(
              test::restart,
              test::abortNextCommit,
              () -> test.scaleTo(1 + random.nextInt(3)),
              () -> test.failCommit(test.commits(), CommitFailure.KILLED_AFTER),
              () -> {
                test.kafka().compact(new TopicPartition("words", 0), Tombstones.KEPT);
                return test;
              });
      test.run();
      for (int round = 0; round < 30; round++) {
        for (int i = random.nextInt(20); i > 0; i--) {
          String key = "k" + random.nextInt(10);
          if (random.nextInt(4) == 0) {
            topic.sendTombstone(key);
            rows.remove(key);
          } else {
            topic.send(word(key, "v" + sent));
            rows.put(key, "v" + sent++);
          }
        }
        if (random.nextInt(3) == 0) {
          happenings.get(random.nextInt(happenings.size())).get();
        }
        test.run();
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
          in.send("k" + i + ":" + round + " ");
          expected.add("k" + i + ":" + round + " " + rows.get("k" + i));
        }
        assertThat(out(test.run()))
            .as("round %d of seed %d", round, seed)
            .containsExactlyInAnyOrderElementsOf(expected);
      }
    }
  }
}
