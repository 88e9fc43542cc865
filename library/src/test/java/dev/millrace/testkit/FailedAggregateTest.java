package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.aggregate.Aggregates;
import dev.millrace.aggregate.Aggregation;
import dev.millrace.config.ProcessingGuarantee;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.error.RecordException;
import dev.millrace.metrics.StageCounters;
import dev.millrace.serde.TypeRef;
import dev.millrace.time.Watermarks;
import dev.millrace.window.WindowResult;
import dev.millrace.window.WindowSpec;
import dev.millrace.window.Windows;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * An aggregate that changes its accumulator and fails then, in a job that goes on: the outcome is
 * that of a job that never saw the records it failed on.
 */
final class FailedAggregateTest {

  private static final Instant START = Instant.parse("2030-01-01T00:00:00Z");

  record Reading(String key, long second, long number) {}

  /** Records on which the function fails whatever happens. */
  private static final Set<Long> POISON = new HashSet<>();

  /** Records on which the function fails once more. */
  private static final Set<Long> ONCE = new HashSet<>();

  /** Records whose partial aggregate cannot be merged into another. */
  private static final Set<Long> UNMERGEABLE = new HashSet<>();

  @BeforeEach
  void noFailures() {
    UNMERGEABLE.clear();
    POISON.clear();
    ONCE.clear();
  }

  /** Changes its accumulator first, and fails then. */
  private static final class Numbers implements Aggregation<Reading, List<Long>, List<Long>> {

    private static final long serialVersionUID = 1L;

    @Override
    public List<Long> create() {
      return new ArrayList<>();
    }

    @Override
    public List<Long> add(List<Long> accumulator, Reading value) {
      accumulator.add(value.number());
      if (POISON.contains(value.number()) || ONCE.remove(value.number())) {
        throw new IllegalStateException("number " + value.number());
      }
      return accumulator;
    }

    @Override
    public List<Long> merge(List<Long> left, List<Long> right) {
      left.addAll(right);
      if (right.stream().anyMatch(UNMERGEABLE::contains)) {
        throw new IllegalStateException("partial aggregate of " + right);
      }
      return left;
    }

    @Override
    public List<Long> finish(List<Long> accumulator) {
      return accumulator.stream().sorted().toList();
    }

    @Override
    public TypeRef<List<Long>> accumulatorType() {
      return new TypeRef<>() {};
    }

    @Override
    public TypeRef<List<Long>> resultType() {
      return accumulatorType();
    }
  }

  /** Whose error policy applies, and hence whether partial aggregates are made. */
  private enum Policy {
    OF_THE_JOB,
    OF_THE_STEP
  }

  private static final Map<String, WindowSpec<Object>> WINDOWS =
      Map.of(
          "tumbling", Windows.tumbling(Duration.ofSeconds(20)),
          "sliding", Windows.sliding(Duration.ofSeconds(30), Duration.ofSeconds(10)),
          "session", Windows.session(Duration.ofSeconds(4)),
          "count", Windows.count(3));

  private static Job job(@Nullable WindowSpec<Object> window, @Nullable ErrorPolicy own) {
    Job job = Job.named("failing");
    var keyed =
        job.source(
                KafkaSource.json("readings", Reading.class)
                    .eventTime(reading -> START.plusSeconds(reading.second()))
                    .watermarks(Watermarks.boundedOutOfOrderness(Duration.ofMinutes(10))))
            .keyBy(Reading::key)
            .parallelism(2);
    DataStream<String> lines;
    if (window == null) {
      var table = keyed.aggregate(new Numbers());
      lines = (own == null ? table : table.onError(own)).changes().map(Object::toString);
    } else {
      var results = keyed.window(window).aggregate(new Numbers());
      lines = (own == null ? results : results.onError(own)).map(FailedAggregateTest::line);
    }
    lines.to(KafkaSink.strings("lines"));
    return job;
  }

  private static String line(WindowResult<String, List<Long>> result) {
    return result.key() + " " + result.window() + " " + result.value();
  }

  private static List<Reading> readings() {
    List<Reading> readings = new ArrayList<>();
    for (long i = 1; i <= 120; i++) {
      readings.add(new Reading("k" + i % 3, i + i * 7 % 5, i));
    }
    return readings;
  }

  static Stream<Arguments> settings() {
    List<Arguments> settings = new ArrayList<>();
    for (String window : List.of("tumbling", "sliding", "session", "count")) {
      for (Policy policy : Policy.values()) {
        for (ErrorPolicy.Action action :
            List.of(ErrorPolicy.Action.SKIP, ErrorPolicy.Action.DEAD_LETTER)) {
          for (int retries : List.of(0, 1)) {
            settings.add(
                Arguments.of(window, policy, new ErrorPolicy(action, retries, Duration.ZERO)));
          }
        }
      }
    }
    return settings.stream();
  }

  @ParameterizedTest
  @MethodSource("settings")
  void recordsThatFailAreAsIfTheyHadNeverCome(String window, Policy policy, ErrorPolicy errors) {
    WindowSpec<Object> spec = WINDOWS.get(window);
    Set<Long> poison = Set.of(4L, 5L, 31L, 62L, 63L, 119L);
    List<Reading> good =
        readings().stream().filter(each -> !poison.contains(each.number())).toList();
    // Which records share a pane depends on their order, which two partitions do not have.
    int partitions = window.equals("count") ? 1 : 2;
    List<String> expected = run(job(spec, null), null, partitions, good).lines();

    POISON.addAll(poison);
    if (errors.retries() > 0) {
      ONCE.addAll(List.of(10L, 44L, 100L));
    }
    Outcome outcome =
        policy == Policy.OF_THE_JOB
            ? run(job(spec, null), errors, partitions, readings())
            : run(job(spec, errors), null, partitions, readings());

    assertThat(outcome.lines()).containsExactlyInAnyOrderElementsOf(expected);
    // What a transaction has dropped before it is repeated counts again.
    assertThat(outcome.dropped()).isBetween((long) poison.size(), 2L * poison.size());
  }

  private record Outcome(List<String> lines, long dropped) {}

  private static Outcome run(
      Job job, @Nullable ErrorPolicy errors, int partitions, List<Reading> readings) {
    JobTestBuilder builder = JobTest.builder(job).startAt(START);
    if (errors != null) {
      builder
          .set("errors.policy", errors.action() == ErrorPolicy.Action.SKIP ? "skip" : "dead-letter")
          .set("errors.retries", String.valueOf(errors.retries()))
          .set("errors.retry.backoff", "0ms");
    }
    try (JobTest test = builder.build()) {
      TestTopic<Reading> topic = test.topic("readings", Reading.class).partitions(partitions);
      for (int i = 0; i < readings.size(); i++) {
        topic.send((int) (readings.get(i).number() % partitions), readings.get(i));
        if (i % 50 == 49) {
          test.run();
        }
      }
      test.run();
      long dropped =
          test.metrics().stages().values().stream().mapToLong(FailedAggregateTest::dropped).sum();
      test.endInput();
      return new Outcome(test.output("lines", String.class), dropped);
    }
  }

  private static long dropped(StageCounters counters) {
    return counters.skippedRecords() + counters.deadLetters();
  }

  @Test
  void aTableHasNothingOfTheRecordsThatFailed() {
    List<Reading> good = readings().stream().filter(each -> each.number() % 40 != 3).toList();
    Map<String, String> expected = rows(run(job(null, null), null, 1, good));
    POISON.addAll(List.of(3L, 43L, 83L));
    assertThat(rows(run(job(null, ErrorPolicy.skip()), null, 1, readings()))).isEqualTo(expected);
    assertThat(rows(run(job(null, null), ErrorPolicy.skip(), 1, readings()))).isEqualTo(expected);
  }

  /** The last change of each key. */
  private static Map<String, String> rows(Outcome outcome) {
    Map<String, String> rows = new HashMap<>();
    for (String line : outcome.lines()) {
      if (!line.contains("BEFORE")) {
        rows.put(line.replaceAll(".*key=(k.).*", "$1"), line.replaceAll(".*value=", ""));
      }
    }
    return rows;
  }

  @Test
  void itDoesNotMatterWhoWorksInWhichOrder() {
    for (String window : List.of("sliding", "session")) {
      Set<Long> poison = Set.of(7L, 8L, 90L);
      List<Reading> good =
          readings().stream().filter(each -> !poison.contains(each.number())).toList();
      List<String> expected = run(job(WINDOWS.get(window), null), null, 2, good).lines();
      POISON.addAll(poison);
      for (ProcessingGuarantee guarantee : ProcessingGuarantee.values()) {
        for (long seed = 1; seed <= 4; seed++) {
          try (JobTest test =
              JobTest.builder(job(WINDOWS.get(window), null))
                  .startAt(START)
                  .set("errors.policy", "skip")
                  .guarantee(guarantee)
                  .instances(2)
                  .seed(seed)
                  .build()) {
            TestTopic<Reading> topic = test.topic("readings", Reading.class).partitions(2);
            readings().forEach(each -> topic.send((int) (each.number() % 2), each));
            test.endInput();
            assertThat(test.output("lines", String.class))
                .as("%s, %s, seed %d", window, guarantee, seed)
                .containsExactlyInAnyOrderElementsOf(expected);
          }
        }
      }
      POISON.clear();
    }
  }

  /** What is written without a transaction would be written again, and counted again. */
  @Test
  void underAtLeastOnceNothingIsRepeated() {
    POISON.addAll(List.of(3L, 43L, 83L, 84L));
    for (ErrorPolicy.Action action :
        List.of(ErrorPolicy.Action.SKIP, ErrorPolicy.Action.DEAD_LETTER)) {
      ErrorPolicy errors = new ErrorPolicy(action, 1, Duration.ZERO);
      try (JobTest test =
          JobTest.builder(job(WINDOWS.get("session"), errors))
              .startAt(START)
              .guarantee(ProcessingGuarantee.AT_LEAST_ONCE)
              .build()) {
        TestTopic<Reading> topic = test.topic("readings", Reading.class).partitions(2);
        for (int i = 0; i < readings().size(); i++) {
          topic.send(i % 2, readings().get(i));
          test.run();
        }
        assertThat(test.metrics().stages().values()).allMatch(stage -> stage.aborts() == 0);
        assertThat(
                test.metrics().stages().values().stream().mapToLong(FailedAggregateTest::dropped))
            .contains(4L);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "tumbling", "session"})
  void aPartialAggregateThatIsDroppedCountsAsAllItsRecords(String window) {
    UNMERGEABLE.add(7L);
    for (String policy : List.of("skip", "dead-letter")) {
      try (JobTest test =
          JobTest.builder(job(WINDOWS.get(window), null))
              .startAt(START)
              .set("errors.policy", policy)
              .build()) {
        TestTopic<Reading> topic = test.topic("readings", Reading.class);
        for (long i = 1; i <= 11; i++) {
          topic.send(0, new Reading("k", 1, i));
          if (i == 3 || i == 8) {
            test.run();
          }
        }
        test.run();
        long skipped =
            test.metrics().stages().values().stream()
                .mapToLong(StageCounters::skippedRecords)
                .sum();
        test.endInput();
        assertThat(test.output("lines", String.class))
            .last()
            .asString()
            .contains("[1, 2, 3, 9, 10, 11]");
        if (policy.equals("skip")) {
          assertThat(skipped).isEqualTo(5);
        } else {
          assertThat(test.deadLetters())
              .singleElement()
              .satisfies(
                  letter -> assertThat(letter.headers()).containsEntry("millrace.records", "5"));
        }
      }
    }
  }

  @Test
  void whereTheJobStopsItGoesOnWithNothingFoldedTwice() {
    List<String> expected = run(job(WINDOWS.get("session"), null), null, 2, readings()).lines();
    POISON.add(70L);
    try (JobTest test = JobTest.builder(job(WINDOWS.get("session"), null)).startAt(START).build()) {
      TestTopic<Reading> topic = test.topic("readings", Reading.class).partitions(2);
      for (Reading each : readings()) {
        topic.send((int) (each.number() % 2), each);
      }
      assertThatThrownBy(test::run)
          .isInstanceOf(RecordException.class)
          .hasMessageContaining("number 70");
      POISON.clear();
      test.restart();
      test.endInput();
      assertThat(test.output("lines", String.class)).containsExactlyInAnyOrderElementsOf(expected);
    }
  }

  @Test
  void aMergeOfSessionsIsTakenBackWithTheRecordThatCausedIt() {
    Job job = Job.named("sessions");
    job.source(
            KafkaSource.json("readings", Reading.class)
                .eventTime(reading -> START.plusSeconds(reading.second()))
                .watermarks(Watermarks.boundedOutOfOrderness(Duration.ofMinutes(10))))
        .keyBy(Reading::key)
        .window(Windows.session(Duration.ofSeconds(5)))
        .aggregate(
            Aggregates.topN(
                10,
                Reading.class,
                reading -> {
                  if (reading.number() == 9) {
                    throw new IllegalStateException("nine");
                  }
                  return reading.number();
                }))
        .onError(ErrorPolicy.skip())
        .map(result -> result.value().stream().map(Reading::number).toList().toString())
        .to(KafkaSink.strings("lines"));
    try (JobTest test = JobTest.builder(job).startAt(START).build()) {
      test.topic("readings", Reading.class)
          .send(0, new Reading("a", 0, 3), new Reading("a", 8, 2), new Reading("a", 4, 9))
          .send(0, new Reading("a", 4, 1));
      test.endInput();
      assertThat(test.output("lines", String.class)).containsExactly("[3, 2, 1]");
    }
  }
}
