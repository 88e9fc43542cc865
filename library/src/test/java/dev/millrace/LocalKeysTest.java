package dev.millrace;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.aggregate.Aggregates;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.compile.Compiler;
import dev.millrace.internal.plan.FromInput;
import dev.millrace.internal.plan.KeptKey;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.PlanAccess;
import dev.millrace.internal.plan.PlanPrinter;
import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.process.KeyedProcessFunction;
import dev.millrace.serde.TypeRef;
import dev.millrace.state.ValueState;
import dev.millrace.table.Change;
import dev.millrace.testkit.CommitFailure;
import dev.millrace.testkit.EachCommit;
import dev.millrace.testkit.JobTest;
import dev.millrace.testkit.LocalState;
import dev.millrace.time.Watermarks;
import dev.millrace.window.Windows;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Keyed operators that follow others by the same key: in one stage, without a second shuffle. */
final class LocalKeysTest {

  private final Job job = Job.named("job");

  private DataStream<String> source(String topic) {
    return job.source(KafkaSource.strings(topic));
  }

  private Table<String, Long> counts(String topic) {
    return TwoInputs.byLetter(source(topic)).count().name(topic + "-counts");
  }

  private PhysicalPlan compiled() {
    return Compiler.compile(PlanAccess.of(job), ErrorPolicy.fail());
  }

  private static List<String> names(PhysicalPlan plan) {
    return plan.stages().stream().map(StagePlan::name).toList();
  }

  private static List<String> topics(StagePlan stage) {
    return stage.inputs().stream().map(StageInput::topic).toList();
  }

  /** Numbers the changes of a key, which come in order and each once. */
  static final class Numbered extends KeyedProcessFunction<String, Change<String, Long>, String> {
    private final ValueState<Long> number = state.value("number", Long.class);

    @Override
    public void onRecord(Change<String, Long> change, Context context) {
      long next = number.valueOr(0L) + 1;
      number.set(next);
      context.emit(context.key() + next + "=" + change.value());
    }
  }

  private static DataStream<String> numbered(KeyedStream<String, Change<String, Long>> changes) {
    return changes.process(Numbered::new).name("numbered");
  }

  // ------------------------------------------------------------------ plans

  @Test
  void whatReadsATableByItsKeyRunsInTheSameStage() {
    numbered(TwoInputs.byKey(counts("in").changes())).to(KafkaSink.strings("out"));
    assertThat(PlanPrinter.text(compiled()))
        .isEqualTo(
            """
            job job

            stage in  (group job.in)
              reads   topic in, without watermarks: windows go by processing time
              writes  shuffle job.in-counts.shuffle by java.lang.String, partial aggregates

            stage in-counts  (group job.in-counts)
              reads   shuffle job.in-counts.shuffle
              step    in-counts: aggregate
              step    in-counts-changes: changes
              step    numbered: process with value number, without a shuffle: its keys are in place
              step    kafka-out: topic out
              keeps   job.in-counts.changelog
            """);
    assertThat(PlanPrinter.json(compiled())).contains("\"shuffled\" : false");
  }

  @Test
  void stepsOnTablesKeepRowsInTheirPlaces() {
    Table<String, Long> some =
        counts("in").filter((word, count) -> count > 1).mapValues(count -> count * 2);
    numbered(TwoInputs.byKey(some.changes())).to(KafkaSink.strings("out"));
    assertThat(names(compiled())).containsExactly("in", "in-counts");
  }

  @Test
  void stepsThatKeepTheValueKeepItsPlace() {
    Table<String, Long> counts = counts("in");
    DataStream<Change<String, Long>> changes = counts.changes().filter(change -> true);
    changes = changes.peek(change -> {}).branch("all", change -> true).stream("all");
    numbered(TwoInputs.byKey(changes)).to(KafkaSink.strings("out"));
    assertThat(names(compiled())).containsExactly("in", "in-counts");
  }

  @Test
  void aMapMayChangeTheKeySoThatItIsShuffled() {
    Table<String, Long> counts = counts("in");
    DataStream<Change<String, Long>> changes =
        counts.changes().map(change -> change).returns(new TypeRef<>() {});
    numbered(TwoInputs.byKey(changes)).to(KafkaSink.strings("out"));
    assertThat(names(compiled())).containsExactly("in", "in-counts", "numbered");
  }

  @Test
  void anotherNumberOfTasksNeedsAShuffle() {
    numbered(TwoInputs.byKey(counts("in").changes()).parallelism(3)).to(KafkaSink.strings("out"));
    assertThat(names(compiled())).containsExactly("in", "in-counts", "numbered");
  }

  @Test
  void changesOfTwoTablesAreShuffledTogether() {
    Table<String, Long> one = counts("a");
    numbered(TwoInputs.byKey(one.changes().union(counts("b").changes())))
        .to(KafkaSink.strings("out"));
    assertThat(names(compiled())).contains("numbered");
  }

  @Test
  void theOtherInputIsShuffledToWhereTheTableIs() {
    List<KeyedStream<String, ?>> streams =
        List.of(TwoInputs.byLetter(source("lines")), TwoInputs.byKey(counts("in").changes()));
    KeyedStream.process(streams, Latest::new).name("latest").to(KafkaSink.strings("out"));
    PhysicalPlan plan = compiled();
    assertThat(names(plan)).containsExactlyInAnyOrder("lines", "in", "in-counts");
    assertThat(topics(plan.stage("in-counts")))
        .containsExactlyInAnyOrder("job.in-counts.shuffle", "job.in-counts.latest-input-0.shuffle");
  }

  @Test
  void anInputThatComesFromTheTableItselfIsShuffledElsewhere() {
    Table<String, Long> counts = counts("in");
    KeyedStream<String, String> derived =
        counts.changes().map(change -> change.key() + "!").keyBy(line -> line.substring(0, 1));
    Table<String, Long> again = derived.count().name("again");
    List<KeyedStream<String, ?>> streams =
        List.of(TwoInputs.byKey(counts.changes()), TwoInputs.byKey(again.changes()));
    KeyedStream.process(streams, Latest::new).name("latest").to(KafkaSink.strings("out"));
    PhysicalPlan plan = compiled();
    assertThat(names(plan)).containsExactlyInAnyOrder("in", "in-counts", "again");
    assertThat(topics(plan.stage("again")))
        .containsExactlyInAnyOrder("job.again.shuffle", "job.again.latest-input-0.shuffle");
  }

  // ------------------------------------------------------------------ jobs

  /** Reports the latest count of a key with each line. */
  static final class Latest extends KeyedProcessFunction<String, FromInput, String> {
    private final ValueState<Long> count = state.value("count", Long.class);

    @Override
    public void onRecord(FromInput record, Context context) {
      if (record.value() instanceof Change<?, ?> change) {
        count.set((Long) change.value());
      } else {
        context.emit(record.value() + " " + count.valueOr(0L));
      }
    }
  }

  private static void send(JobTest test, String topic, String... values) {
    test.topic(topic, String.class).send(0, values);
    test.run();
  }

  @Test
  void aStreamMeetsATableWithoutASecondShuffle() {
    List<KeyedStream<String, ?>> streams =
        List.of(TwoInputs.byLetter(source("lines")), TwoInputs.byKey(counts("in").changes()));
    KeyedStream.process(streams, Latest::new).name("latest").to(KafkaSink.strings("out"));
    try (JobTest test = JobTest.builder(job).instances(2).build()) {
      send(test, "in", "a", "b", "a");
      send(test, "lines", "a", "b", "c");
      test.restart();
      send(test, "in", "a");
      send(test, "lines", "a");
      assertThat(test.output("out", String.class))
          .containsExactlyInAnyOrder("a 2", "b 1", "c 0", "a 3");
    }
  }

  @ParameterizedTest
  @EnumSource(CommitFailure.class)
  void changesComeOnceAndInOrderWhicheverCommitFails(CommitFailure failure) {
    for (EachCommit.Attempt attempt :
        EachCommit.with(failure).every(2).afterDeath(LocalState.LOST)) {
      Job counting = Job.named("job");
      Table<String, Long> counts =
          TwoInputs.byLetter(counting.source(KafkaSource.strings("in"))).count().name("counts");
      numbered(TwoInputs.byKey(counts.changes().filter(change -> !change.kind().retracts())))
          .to(KafkaSink.strings("out"));
      try (JobTest test = attempt.start(JobTest.builder(counting).instances(2))) {
        Map<String, Long> expected = new TreeMap<>();
        for (int batch = 0; batch < 4; batch++) {
          for (int i = 0; i < 3; i++) {
            String key = "abcd".substring((i + batch) % 4, (i + batch) % 4 + 1);
            expected.merge(key, 1L, Long::sum);
            test.topic("in", String.class).send(0, key);
          }
          test.run();
        }
        Map<String, List<String>> byKey = new TreeMap<>();
        for (String line : test.output("out", String.class)) {
          byKey.computeIfAbsent(line.substring(0, 1), key -> new ArrayList<>()).add(line);
        }
        assertThat(byKey.keySet()).as("%s", attempt).isEqualTo(expected.keySet());
        byKey.forEach(
            (key, lines) -> {
              assertThat(lines.get(lines.size() - 1)).endsWith("=" + expected.get(key));
              for (int i = 0; i < lines.size(); i++) {
                assertThat(lines.get(i)).startsWith(key + (i + 1) + "=");
              }
            });
      }
    }
  }

  @Test
  void aWindowOverWindowsClosesWhenAllOfThemAreIn() {
    Watermarks<Object> watermarks = Watermarks.boundedOutOfOrderness(Duration.ZERO);
    KeyedStream<String, String> keyed =
        TwoInputs.byLetter(job.source(KafkaSource.strings("in").watermarks(watermarks)));
    TwoInputs.byWindowKey(
            keyed.window(Windows.tumbling(Duration.ofSeconds(10))).count().name("tens"))
        .window(Windows.tumbling(Duration.ofMinutes(1)))
        .aggregate(Aggregates.sum(result -> result.value()))
        .name("minutes")
        .map(
            result ->
                result.key() + result.window().start().getEpochSecond() + "=" + result.value())
        .to(KafkaSink.strings("out"));
    assertThat(names(compiled())).containsExactly("in", "tens");
    try (JobTest test = JobTest.of(job)) {
      for (int second = 0; second < 150; second += 5) {
        test.topic("in", String.class).sendAt(0, Instant.ofEpochSecond(second), "a");
        if (second % 20 == 0) {
          test.run();
        }
        if (second == 85) {
          test.restart();
        }
      }
      test.run();
      assertThat(test.output("out", String.class)).containsExactly("a0=12", "a60=12");
      assertThat(test.lateRecords()).isZero();
      test.endInput();
      assertThat(test.output("out", String.class)).containsExactly("a0=12", "a60=12", "a120=6");
    }
  }

  @Test
  void aSessionThatClosesPastItsEndIsNotLateForTheNextWindow() {
    Watermarks<Object> watermarks = Watermarks.boundedOutOfOrderness(Duration.ZERO);
    KeyedStream<String, String> keyed =
        TwoInputs.byLetter(job.source(KafkaSource.strings("in").watermarks(watermarks)));
    TwoInputs.byWindowKey(
            keyed.window(Windows.session(Duration.ofSeconds(10))).count().name("sessions"))
        .window(Windows.tumbling(Duration.ofSeconds(10)))
        .count()
        .name("tens")
        .map(result -> result.key() + result.window().start().getEpochSecond())
        .to(KafkaSink.strings("out"));
    assertThat(compiled().stage("sessions").holdsBackMs()).isEqualTo(1);
    try (JobTest test = JobTest.of(job)) {
      for (int second : new int[] {0, 10, 20, 30, 60}) {
        // Time stands where a session and a window end, and the session closes a moment later.
        String key = second == 20 ? "b" : "a";
        test.topic("in", String.class).sendAt(0, Instant.ofEpochSecond(second), key);
        test.run();
      }
      test.endInput();
      assertThat(test.lateRecords()).isZero();
      assertThat(test.output("out", String.class))
          .containsExactlyInAnyOrder("a10", "b20", "a30", "a60");
    }
  }

  @Test
  void aChangeReachesItsWindowBeforeTimePassesIt() {
    Watermarks<Object> watermarks = Watermarks.boundedOutOfOrderness(Duration.ZERO);
    KeyedStream<String, String> keyed =
        TwoInputs.byLetter(job.source(KafkaSource.strings("in").watermarks(watermarks)));
    TwoInputs.byKey(keyed.count().name("counts").changes())
        .window(Windows.tumbling(Duration.ofSeconds(10)))
        .count()
        .name("changes")
        .map(result -> result.key() + result.window().start().getEpochSecond())
        .to(KafkaSink.strings("out"));
    try (JobTest test = JobTest.of(job)) {
      for (int second = 0; second < 60; second += 10) {
        test.topic("in", String.class).sendAt(0, Instant.ofEpochSecond(second), "a");
        test.run();
      }
      test.endInput();
      assertThat(test.lateRecords()).isZero();
      assertThat(test.output("out", String.class))
          .containsExactly("a0", "a10", "a20", "a30", "a40", "a50");
    }
  }

  @Test
  void operatorsThatGetTheSameChangeDoNotChangeItForEachOther() {
    KeyedStream<String, String> keyed = TwoInputs.byLetter(source("in"));
    Table<String, List<String>> lists = keyed.aggregate(Aggregates.toList(String.class));
    DataStream<Change<String, List<String>>> changes = lists.name("lists").changes();
    for (String name : List.of("one", "two")) {
      changes
          .<String>byKeptKey(KeptKey.OF_CHANGE, String.class)
          .reduce(
              (first, next) -> {
                first.value().addAll(next.value());
                return first;
              })
          .name(name)
          .changes()
          .filter(change -> !change.kind().retracts())
          .map(change -> change.value().value().toString())
          .to(KafkaSink.strings(name));
    }
    assertThat(names(compiled())).containsExactly("in", "lists");
    try (JobTest test = JobTest.of(job)) {
      send(test, "in", "a1");
      send(test, "in", "a2");
      for (String name : List.of("one", "two")) {
        assertThat(test.output(name, String.class))
            .as(name)
            .containsExactly("[a1]", "[a1, a1, a1, a2]");
      }
    }
  }

  /** Fails on one count. */
  static final class Picky extends KeyedProcessFunction<String, Change<String, Long>, String> {
    @Override
    public void onRecord(Change<String, Long> change, Context context) {
      if (change.value() == 2) {
        throw new IllegalArgumentException("two");
      }
      context.emit(context.key() + change.value());
    }
  }

  @Test
  void aDeadLetterIsTheResultThatTheOperatorFailedOn() {
    Table<String, Long> counts = counts("in");
    TwoInputs.byKey(counts.changes().filter(change -> !change.kind().retracts()))
        .process(Picky::new)
        .onError(ErrorPolicy.deadLetter())
        .to(KafkaSink.strings("out"));
    try (JobTest test = JobTest.of(job)) {
      send(test, "in", "a");
      send(test, "in", "a");
      send(test, "in", "a");
      assertThat(test.output("out", String.class)).containsExactly("a1", "a3");
      assertThat(test.deadLetters())
          .extracting(letter -> new String(requireNonNull(letter.value()), StandardCharsets.UTF_8))
          .singleElement()
          .asString()
          .contains("\"key\":\"a\"", "\"value\":2");
    }
  }
}
