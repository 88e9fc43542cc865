package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.Table;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.connector.KafkaTable;
import dev.millrace.error.RecordException;
import dev.millrace.metrics.StageCounters;
import dev.millrace.time.Watermarks;
import dev.millrace.window.Windows;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What is too large, where the job is to go on: it costs itself alone, and letters are whole. */
final class LargeLettersTest {

  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final Instant START = Instant.parse("2030-01-01T00:00:00Z");
  private static final Duration TEN = Duration.ofSeconds(10);

  // ------------------------------------------------------------------ dead letters

  /** What the records of two topics are put together by, until the function fails on large ones. */
  private enum Way {
    INTERVAL,
    SESSION,
    CO_GROUP,
    TABLES,
    FOREIGN_KEY
  }

  private static String joined(@Nullable String left, @Nullable String right) {
    String both = left + "+" + right;
    if (both.length() > 1_000) {
      throw new IllegalArgumentException("cannot join");
    }
    return both;
  }

  private static Job job(Way way) {
    Job job = Job.named("job");
    switch (way) {
      case INTERVAL ->
          stream(job, "left")
              .join(stream(job, "right"))
              .on(text -> "k", text -> "k")
              .within(TEN.negated(), TEN)
              .inner(LargeLettersTest::joined)
              .to(KafkaSink.strings("out"));
      case SESSION ->
          stream(job, "left")
              .join(stream(job, "right"))
              .on(text -> "k", text -> "k")
              .within(Windows.session(TEN))
              .inner(LargeLettersTest::joined)
              .to(KafkaSink.strings("out"));
      case CO_GROUP ->
          stream(job, "left")
              .keyBy(text -> "k")
              .coGroup(stream(job, "right").keyBy(text -> "k"))
              .within(Windows.tumbling(TEN))
              .apply(
                  String.class,
                  (key, window, left, right, out) ->
                      out.emit(
                          joined(String.join("", left.toList()), String.join("", right.toList()))))
              .to(KafkaSink.strings("out"));
      case TABLES ->
          written(table(job, "left").join(table(job, "right")).inner(LargeLettersTest::joined));
      case FOREIGN_KEY ->
          written(
              table(job, "left")
                  .onForeignKey(text -> "k")
                  .join(table(job, "right"))
                  .inner(LargeLettersTest::joined));
      default -> throw new AssertionError(way);
    }
    return job;
  }

  private static DataStream<String> stream(Job job, String topic) {
    return job.source(
        KafkaSource.strings(topic).watermarks(Watermarks.boundedOutOfOrderness(Duration.ZERO)));
  }

  private static Table<String, String> table(Job job, String topic) {
    return job.table(KafkaTable.strings(topic, String.class));
  }

  private static void written(Table<String, String> table) {
    table
        .changes()
        .filter(change -> !change.kind().name().contains("BEFORE"))
        .map(change -> change.value())
        .to(KafkaSink.strings("out"));
  }

  private static void send(JobTest test, String topic, long second, String text) {
    test.topic(topic, String.class)
        .send(TestRecord.of(text).key("k").at(START.plusSeconds(second)));
  }

  /** JSON writes such a text six times as large. */
  private static String controls(int length) {
    return "\u0001".repeat(length);
  }

  @ParameterizedTest
  @CsvSource({"exactly-once", "at-least-once"})
  void whatCannotBeJoinedIsOneLetterInSeveralParts(String guarantee) throws Exception {
    for (Way way : Way.values()) {
      try (JobTest test =
          JobTest.builder(job(way))
              .set("errors.policy", "dead-letter")
              .set("guarantee", guarantee)
              .build()) {
        String left = way == Way.CO_GROUP ? controls(400_000) : "l".repeat(600_000);
        String right = way == Way.CO_GROUP ? "r" : "r".repeat(600_000);
        send(test, "left", 1, left);
        send(test, "right", 2, right);
        test.run();
        send(test, "left", 1_000, "good");
        send(test, "right", 1_001, "right");
        test.run();
        send(test, "left", 2_000, "end");
        send(test, "right", 3_000, "end");
        test.run();
        assertThat(test.output("out", String.class)).as("%s", way).contains("good+right");
        List<DeadLetter> letters = new ArrayList<>(test.deadLetters());
        // While one of two rows is large, the new one of the other is joined with it as well.
        letters.removeIf(each -> !each.headers().containsKey("millrace.parts"));
        String name = letters.get(0).headers().get("millrace.letter");
        List<DeadLetter> first = ofLetter(letters, name);
        assertThat(first.size()).as("%s", way).isGreaterThan(1);
        JsonNode whole = JSON.readTree(whole(first));
        assertThat(whole.get("key").asString()).isEqualTo("k");
        List<String> texts = way == Way.CO_GROUP ? List.of(left) : List.of(left, right);
        assertThat(texts(whole)).as("%s", way).isEqualTo(texts);
        assertThat(counters(test, stage -> stage.deadLetters() > 0))
            .as("%s: letters, not parts", way)
            .singleElement()
            .extracting(StageCounters::deadLetters)
            .asInstanceOf(InstanceOfAssertFactories.LONG)
            .isLessThan(test.deadLetters().size());
      }
    }
  }

  /** {@return the parts of a letter, also if it was written twice} */
  private static List<DeadLetter> ofLetter(List<DeadLetter> letters, @Nullable String name) {
    Map<Integer, DeadLetter> parts = new TreeMap<>();
    for (DeadLetter each : letters) {
      if (Objects.equals(each.headers().get("millrace.letter"), name)) {
        parts.put(Integer.parseInt(header(each, "millrace.part")), each);
      }
    }
    return List.copyOf(parts.values());
  }

  private static String header(DeadLetter letter, String name) {
    return letter.headers().getOrDefault(name, "0");
  }

  /** {@return the value of a letter, given its parts in their order} */
  private static byte[] whole(List<DeadLetter> parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (int i = 0; i < parts.size(); i++) {
      assertThat(header(parts.get(i), "millrace.part")).isEqualTo("" + (i + 1));
      assertThat(header(parts.get(i), "millrace.parts")).isEqualTo("" + parts.size());
      all.writeBytes(Objects.requireNonNull(parts.get(i).value()));
    }
    return all.toByteArray();
  }

  private static byte[] whole(DeadLetter letter) {
    assertThat(letter.headers()).doesNotContainKey("millrace.parts");
    return Objects.requireNonNull(letter.value());
  }

  /** {@return the texts in a letter, but for its key and window} */
  private static List<String> texts(JsonNode letter) {
    List<String> texts = new ArrayList<>();
    for (String name : List.of("left", "right", "rows")) {
      JsonNode found = letter.get(name);
      if (found != null && found.isArray()) {
        found.forEach(each -> texts.add(each.asString()));
      } else if (found != null) {
        texts.add(found.asString());
      }
    }
    return texts;
  }

  private static List<StageCounters> counters(JobTest test, Predicate<StageCounters> wanted) {
    return test.stages().stream().map(stage -> test.metrics().stage(stage)).filter(wanted).toList();
  }

  private static Job failing() {
    Job job = Job.named("job");
    job.source(KafkaSource.strings("in"))
        .map(
            text -> {
              if (text.startsWith("!")) {
                throw new IllegalArgumentException("cannot map " + "e".repeat(3_000));
              }
              return text;
            })
        .to(KafkaSink.strings("out"));
    return job;
  }

  /** It has the headers of the letter besides. */
  @Test
  void aRecordAsLargeAsARecordCanBeIsALetterInTwoParts() {
    try (JobTest test = JobTest.builder(failing()).set("errors.policy", "dead-letter").build()) {
      String text = "!" + "x".repeat(1_048_000);
      TestTopic<String> in = test.topic("in", String.class);
      in.send(TestRecord.of(text).key("key").header("trace", new byte[] {'t'}));
      in.send("good");
      test.run();
      assertThat(test.output("out", String.class)).containsExactly("good");
      assertThat(test.deadLetters())
          .hasSize(2)
          .allSatisfy(
              part -> {
                assertThat(part.key()).isEqualTo("key".getBytes(StandardCharsets.UTF_8));
                assertThat(part.headers()).containsEntry("trace", "t");
                assertThat(part.headers()).containsEntry("millrace.offset", "0");
                assertThat(part.topic()).isEqualTo("in");
              });
      assertThat(new String(whole(test.deadLetters()), StandardCharsets.UTF_8)).isEqualTo(text);
      assertThat(test.metrics().stage("in").deadLetters()).isEqualTo(1);
    }
  }

  /** How large a record of the user's topic may be, its broker shows by refusing one. */
  @ParameterizedTest
  @ValueSource(strings = {"exactly-once", "at-least-once"})
  void aTopicOfSmallRecordsGetsSmallParts(String guarantee) {
    try (JobTest test =
        JobTest.builder(failing())
            .set("errors.policy", "dead-letter")
            .set("errors.topic", "small")
            .set("guarantee", guarantee)
            .build()) {
      create(test, "small", 6_000);
      String text = "!" + "x".repeat(100_000);
      test.topic("in", String.class).send("!short").send(text).send("good");
      test.run();
      assertThat(test.output("out", String.class)).contains("good");
      List<DeadLetter> letters = test.deadLetters();
      String name = letters.get(letters.size() - 1).headers().get("millrace.letter");
      List<DeadLetter> parts = ofLetter(letters, name);
      assertThat(parts.size()).isGreaterThan(20);
      assertThat(new String(whole(parts), StandardCharsets.UTF_8)).isEqualTo(text);
    }
  }

  @Test
  void aTopicThatTakesNoLetterAtAllStopsTheJob() {
    try (JobTest test =
        JobTest.builder(failing())
            .set("errors.policy", "dead-letter")
            .set("errors.topic", "tiny")
            .build()) {
      create(test, "tiny", 500);
      test.topic("in", String.class).send("!" + "x".repeat(10_000));
      assertThatThrownBy(test::run)
          .isInstanceOf(RecordException.class)
          .hasMessageContaining("topic tiny")
          .hasMessageContaining("max.message.bytes");
    }
  }

  private static void create(JobTest test, String topic, int maxMessageBytes) {
    UserTopics.create(
        test, topic, 1, Map.of("max.message.bytes", Integer.toString(maxMessageBytes)));
  }

  // ------------------------------------------------------------------ partial aggregates

  private static final List<String> POLICIES = List.of("fail", "skip", "dead-letter");

  /** Together they are too large for a shuffle, though not for a row. */
  @ParameterizedTest
  @ValueSource(strings = {"exactly-once", "at-least-once"})
  void recordsThatAreTooLargeOnlyTogetherAreAllInTheResult(String guarantee) {
    Job job = Job.named("job");
    job.source(KafkaSource.strings("in"))
        .keyBy(text -> "k")
        .reduce((all, text) -> all + text)
        .changes()
        .map(change -> change.value().length())
        .to(KafkaSink.json("out"));
    for (String policy : POLICIES) {
      try (JobTest test =
          JobTest.builder(job).set("errors.policy", policy).set("guarantee", guarantee).build()) {
        test.topic("in", String.class).partitions(1);
        test.topic("in", String.class).send("x".repeat(510_000)).send("y".repeat(510_000));
        test.run();
        List<Integer> lengths = test.output("out", Integer.class);
        assertThat(lengths.get(lengths.size() - 1)).isEqualTo(1_020_000);
        assertThat(test.metrics().stage("in").aborts()).isEqualTo(1);
        assertThat(counters(test, stage -> stage.skippedRecords() > 0)).isEmpty();
        assertThat(test.deadLetters()).isEmpty();
      }
    }
  }

  /** It does not take those with it that were combined with it. */
  @ParameterizedTest
  @EnumSource(names = {"LATEST", "REDUCE"})
  void aRecordThatIsTooLargeForAShuffleIsDroppedAlone(Aggregate aggregate) {
    for (String policy : POLICIES) {
      try (JobTest test = JobTest.builder(job(aggregate)).set("errors.policy", policy).build()) {
        test.topic("in", String.class).partitions(1);
        String large = "x".repeat(1_030_000);
        test.topic("in", String.class).send("a").send(large).send("b").send(large);
        if (policy.equals("fail")) {
          assertThatThrownBy(test::run)
              .isInstanceOf(RecordException.class)
              .hasMessageContaining("topic in, partition 0, offset 1")
              .hasMessageContaining("too large for a record of shuffle");
          continue;
        }
        test.run();
        assertThat(test.output("out", String.class))
            .endsWith(aggregate == Aggregate.LATEST ? "b" : "ab");
        StageCounters counters = test.metrics().stage("in");
        assertThat(counters.skippedRecords()).isEqualTo(policy.equals("skip") ? 2 : 0);
        assertThat(counters.aborts()).isEqualTo(1);
        List<DeadLetter> letters = test.deadLetters();
        assertThat(letters).hasSize(policy.equals("skip") ? 0 : 2);
        assertThat(letters)
            .allSatisfy(
                each -> {
                  assertThat(each.value()).isEqualTo(large.getBytes(StandardCharsets.UTF_8));
                  assertThat(each.topic()).isEqualTo("in");
                  assertThat(each.message()).contains("too large for a record of shuffle");
                });
      }
    }
  }

  private enum Aggregate {
    LATEST,
    REDUCE
  }

  private static Job job(Aggregate aggregate) {
    Job job = Job.named("job");
    var keyed = job.source(KafkaSource.strings("in")).keyBy(text -> "k");
    Table<String, String> table =
        aggregate == Aggregate.LATEST ? keyed.latest() : keyed.reduce((all, text) -> all + text);
    table.changes().map(change -> change.value()).to(KafkaSink.strings("out"));
    return job;
  }

  // ------------------------------------------------------------------ keys

  /** Nothing can be taken back of a row that was never sent. */
  @ParameterizedTest
  @EnumSource(names = {"TABLES", "FOREIGN_KEY"})
  void aRowWhoseKeyIsTooLargeToBeSentIsDroppedAlone(Way way) {
    String large = "k".repeat(1_030_000);
    for (String policy : List.of("skip", "dead-letter")) {
      try (JobTest test = JobTest.builder(job(way)).set("errors.policy", policy).build()) {
        test.topic("right", String.class).send(TestRecord.of("right").key("k"));
        test.topic("left", String.class).send(TestRecord.of("too").key(large));
        test.topic("left", String.class).send(TestRecord.of("good").key("k"));
        test.run();
        test.topic("left", String.class).send(TestRecord.of("too").key(large));
        test.topic("left", String.class).sendTombstone(large);
        test.run();
        assertThat(test.output("out", String.class)).as("%s", way).containsExactly("good+right");
        if (policy.equals("dead-letter")) {
          assertThat(test.deadLetters()).as("%s", way).hasSize(2);
          assertThat(test.deadLetters().get(0).message()).contains("too large");
          if (way == Way.TABLES) {
            assertThat(new String(whole(test.deadLetters().get(0)), StandardCharsets.UTF_8))
                .startsWith("{\"key\":\"kkk")
                .contains("too");
          }
        }
      }
    }
  }
}
