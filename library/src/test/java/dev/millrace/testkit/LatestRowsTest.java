package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Job;
import dev.millrace.KeyedStream;
import dev.millrace.Table;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.error.TypeInferenceException;
import dev.millrace.function.UpsertFunction;
import dev.millrace.serde.TypeRef;
import dev.millrace.table.Change;
import dev.millrace.time.Watermarks;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tables of the newest row of each key, which a record may delete. */
final class LatestRowsTest {

  private static final Instant START = Instant.parse("2030-01-01T00:00:00Z");

  /** A record; the row is its text, and it has none if the text is empty. */
  record Update(String key, String text, long second) {}

  /** A row as JSON. */
  record Text(String text) {}

  private static Map<String, Text> texts(String... keysAndTexts) {
    Map<String, Text> texts = new TreeMap<>();
    for (int i = 0; i < keysAndTexts.length; i += 2) {
      texts.put(keysAndTexts[i], new Text(keysAndTexts[i + 1]));
    }
    return texts;
  }

  private static @Nullable String row(Update update) {
    if (update.text().equals("poison")) {
      throw new IllegalStateException("poison");
    }
    return update.text().isEmpty() ? null : update.text();
  }

  /** The steps between the table and its readers, which change nothing. */
  private static Job job(UnaryOperator<Table<String, String>> as) {
    Job job = Job.named("job");
    Table<String, String> table =
        job.source(
                KafkaSource.json("updates", Update.class)
                    .eventTime(update -> START.plusSeconds(update.second()))
                    .watermarks(Watermarks.boundedOutOfOrderness(Duration.ofMinutes(1))))
            .keyBy(Update::key)
            .latest(String.class, LatestRowsTest::row)
            .name("rows");
    Table<String, String> changed = as.apply(table);
    changed.mapValues(Text::new).to(KafkaSink.upsert("table"));
    changed.changes().map(LatestRowsTest::shown).to(KafkaSink.strings("changes"));
    return job;
  }

  private static String shown(Change<String, String> change) {
    return change.kind() + " " + change.key() + "=" + change.value();
  }

  private static List<String> changes(JobTest test) {
    return test.outputRecords("changes", String.class).stream()
        .map(
            record ->
                record.value() + "@" + Duration.between(START, record.timestamp()).toSeconds())
        .toList();
  }

  private static void send(JobTest test, String key, String text, long second) {
    test.topic("updates", Update.class).send(0, new Update(key, text, second));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theNewestRowOfATransactionCounts(boolean combined) {
    try (JobTest test = JobTest.of(job(table -> combined ? table : table.sequential()))) {
      send(test, "a", "one", 10);
      send(test, "a", "", 11);
      send(test, "a", "two", 5);
      send(test, "b", "one", 12);
      send(test, "b", "", 13);
      send(test, "none", "", 14);
      test.run();
      assertThat(changes(test)).containsExactly("INSERT a=two@11");
      send(test, "a", "three", 20);
      send(test, "a", "two", 21);
      test.run();
      assertThat(changes(test)).as("equal rows are not emitted again").hasSize(1);
      send(test, "a", "", 30);
      send(test, "a", "four", 29);
      test.run();
      assertThat(changes(test)).endsWith("UPDATE_BEFORE a=two@30", "UPDATE_AFTER a=four@30");
      assertThat(test.table("table", Text.class)).isEqualTo(texts("a", "four"));
    }
  }

  /** The row is of a type with arguments, which no class names. */
  @Test
  void aRowMayBeOfATypeWithArguments() {
    Job job = Job.named("job");
    KeyedStream<String, Update> updates =
        job.source(KafkaSource.json("updates", Update.class)).keyBy(Update::key);
    assertThatThrownBy(() -> updates.latest(erased(Update::text)))
        .isInstanceOf(TypeInferenceException.class)
        .hasMessageContaining("latest(new TypeRef<TheRow<ItsArgument>>() {}, ...)");
    updates
        .latest(
            new TypeRef<List<Text>>() {},
            erased(update -> update.text().isEmpty() ? null : List.of(new Text(update.text()))))
        .changes()
        .map(change -> change.kind() + " " + change.value())
        .to(KafkaSink.strings("changes"));
    try (JobTest test = JobTest.of(job)) {
      send(test, "a", "one", 10);
      test.run();
      test.restart();
      send(test, "a", "", 11);
      test.run();
      assertThat(test.output("changes", String.class))
          .containsExactly("INSERT [Text[text=one]]", "DELETE [Text[text=one]]");
    }
  }

  /** A function whose class does not show what it returns. */
  private static <V> UpsertFunction<Update, V> erased(UpsertFunction<Update, V> function) {
    return new UpsertFunction<>() {
      @Override
      public @Nullable V apply(Update update) throws Exception {
        return function.apply(update);
      }
    };
  }

  @ParameterizedTest
  @EnumSource
  void aDeletedRowLeavesNothingBehind(LocalState state) {
    try (JobTest test = JobTest.of(job(table -> table))) {
      send(test, "a", "one", 10);
      send(test, "b", "one", 10);
      test.run();
      assertThat(test.state("rows", String.class, String.class))
          .isEqualTo(Map.of("a", "one", "b", "one"));
      send(test, "a", "", 20);
      test.run();
      assertThat(test.stateRows("rows")).isEqualTo(1);
      test.restart(state);
      send(test, "b", "", 20);
      send(test, "a", "", 25);
      test.run();
      assertThat(test.stateRows("rows")).isZero();
      assertThat(test.table("table", Text.class)).isEmpty();
      // Of a row that is gone not even the time is known.
      send(test, "a", "two", 15);
      test.run();
      assertThat(changes(test))
          .containsExactly(
              "INSERT a=one@10",
              "INSERT b=one@10",
              "DELETE a=one@20",
              "DELETE b=one@20",
              "INSERT a=two@15");
    }
  }

  /** A record too far ahead of the clock travels by itself, and must not overtake the others. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theNewestRowIsThatWhichArrivedLastWhateverItsTime(boolean combined) {
    try (JobTest test = JobTest.of(job(table -> combined ? table : table.sequential()))) {
      send(test, "a", "one", 10);
      send(test, "a", "far", 100_000_000);
      send(test, "b", "far", 100_000_000);
      send(test, "b", "two", 5);
      test.run();
      assertThat(test.table("table", Text.class)).isEqualTo(texts("a", "far", "b", "two"));
    }
  }

  @Test
  void aRecordOnWhichTheFunctionFailsLeavesTheRowAsItWas() {
    for (ErrorPolicy policy : List.of(ErrorPolicy.skip(), ErrorPolicy.deadLetter())) {
      for (boolean ofTheJob : new boolean[] {true, false}) {
        JobTestBuilder builder =
            JobTest.builder(job(table -> ofTheJob ? table : table.onError(policy)));
        if (ofTheJob) {
          builder.set(
              "errors.policy", policy.action() == ErrorPolicy.Action.SKIP ? "skip" : "dead-letter");
        }
        try (JobTest test = builder.build()) {
          send(test, "a", "poison", 1);
          send(test, "a", "one", 2);
          send(test, "a", "poison", 3);
          test.run();
          send(test, "a", "poison", 4);
          test.run();
          assertThat(changes(test)).containsExactly("INSERT a=one@2");
          assertThat(test.deadLetters())
              .hasSize(policy.action() == ErrorPolicy.Action.DEAD_LETTER ? 3 : 0);
        }
      }
    }
  }

  /** The last state of a table that nobody reads as before is emitted with its tombstone. */
  @Test
  void anUpsertTopicGetsATombstone() {
    Job job = Job.named("job");
    job.source(KafkaSource.json("updates", Update.class))
        .toTable(Update::key, LatestRowsTest::row)
        .mapValues(Text::new)
        .to(KafkaSink.upsert("table"));
    try (JobTest test = JobTest.of(job)) {
      send(test, "a", "one", 1);
      send(test, "b", "one", 1);
      test.run();
      send(test, "a", "", 2);
      test.run();
      assertThat(test.table("table", Text.class)).isEqualTo(texts("b", "one"));
    }
  }

  @Test
  void theNewestRecordMayBeTheRowItself() {
    Job job = Job.named("job");
    List<String> seen = new ArrayList<>();
    job.source(KafkaSource.json("updates", Update.class))
        .toTable(Update::key)
        .mapValues(Update::text)
        .changes()
        .peek(change -> seen.add(shown(change)))
        .to(KafkaSink.upsert("table"));
    try (JobTest test = JobTest.of(job)) {
      send(test, "a", "one", 1);
      send(test, "a", "two", 2);
      test.run();
      send(test, "a", "two", 3);
      test.run();
      test.restart();
      send(test, "a", "three", 3);
      test.run();
      assertThat(seen)
          .containsExactly("INSERT a=two", "UPDATE_BEFORE a=two", "UPDATE_AFTER a=three");
    }
  }
}
