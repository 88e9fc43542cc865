package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.KeyedStream;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.connector.KafkaTable;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.function.ReduceFunction;
import dev.millrace.process.KeyedProcessFunction;
import dev.millrace.state.ValueState;
import dev.millrace.table.Change;
import dev.millrace.time.Watermarks;
import dev.millrace.window.Emission;
import dev.millrace.window.WindowSpec;
import dev.millrace.window.Windows;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Values that can be changed: what one consumer does with an object is not seen by another one, nor
 * by the state of the step that emitted it. The outcome is that of functions that change nothing.
 */
final class MutableValuesTest {

  private static final Instant START = Instant.parse("2030-01-01T00:00:00Z");
  private static final int RECORDS = 120;

  /** The results that a step was given, in their order. */
  private static final List<Tally> KEPT = new ArrayList<>();

  /** A value that is its own accumulator. */
  public static final class Tally {
    public String key = "";
    public long second;
    public long sum;
    public List<Long> seen = new ArrayList<>();

    public Tally() {}

    Tally(String key, long second, long sum) {
      this.key = key;
      this.second = second;
      this.sum = sum;
      this.seen.add(sum);
    }

    Tally plus(Tally other) {
      Tally both = new Tally(key, Math.max(second, other.second), sum + other.sum);
      both.seen = new ArrayList<>(seen);
      both.seen.addAll(other.seen);
      return both;
    }

    Tally add(Tally other) {
      second = Math.max(second, other.second);
      sum += other.sum;
      seen.addAll(other.seen);
      return this;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Tally tally && toString().equals(tally.toString());
    }

    @Override
    public int hashCode() {
      return toString().hashCode();
    }

    @Override
    public String toString() {
      return key + " " + second + " " + sum + " " + seen.stream().sorted().toList();
    }
  }

  /** What a reduce does with its left argument. */
  private enum Style {
    PURE(Tally::plus),
    IN_PLACE(Tally::add),
    /** Takes the right one over where that is the larger, and adds to it with the next record. */
    NEWEST_OR_IN_PLACE((left, right) -> right.sum % 7 == 0 ? right : left.add(right)),
    NEWEST_OR_PURE((left, right) -> right.sum % 7 == 0 ? right : left.plus(right));

    private final ReduceFunction<Tally> function;

    Style(ReduceFunction<Tally> function) {
      this.function = function;
    }
  }

  /** Whether partial aggregates are made ahead of the shuffle: not where steps drop records. */
  private enum Combining {
    ON,
    OFF
  }

  private static DataStream<Tally> tallies(Job job) {
    return job.source(
        KafkaSource.json("tallies", Tally.class)
            .eventTime(tally -> START.plusSeconds(tally.second))
            .watermarks(Watermarks.boundedOutOfOrderness(Duration.ofSeconds(20))));
  }

  static Stream<Arguments> siblings() {
    List<Arguments> all = new ArrayList<>();
    for (boolean windows : List.of(false, true)) {
      for (Combining combining : Combining.values()) {
        all.add(Arguments.of(windows, combining, Style.IN_PLACE, Style.PURE));
      }
      all.add(Arguments.of(windows, Combining.ON, Style.NEWEST_OR_IN_PLACE, Style.NEWEST_OR_PURE));
    }
    return all.stream();
  }

  @ParameterizedTest
  @MethodSource("siblings")
  void aReduceThatChangesItsLeftArgumentIsNotSeenByItsSiblings(
      boolean windows, Combining combining, Style changing, Style pure) {
    List<String> expected = run(siblings(windows, combining, pure));
    assertThat(run(siblings(windows, combining, changing)))
        .containsExactlyInAnyOrderElementsOf(expected)
        .hasSizeGreaterThan(RECORDS);
  }

  private static Job siblings(boolean windows, Combining combining, Style style) {
    Job job = Job.named("siblings");
    DataStream<Tally> tallies = tallies(job);
    KeyedStream<String, Tally> byKey = tallies.keyBy(tally -> tally.key).parallelism(1);
    KeyedStream<Long, Tally> bySecond = tallies.keyBy(tally -> tally.second / 4).parallelism(1);
    KeyedStream<Long, Tally> singly = tallies.keyBy(tally -> tally.second).parallelism(1);
    lines("by-key", byKey, windows, combining, style).to(KafkaSink.strings("lines"));
    lines("by-second", bySecond, windows, combining, style).to(KafkaSink.strings("lines"));
    lines("singly", singly, false, combining, Style.PURE).to(KafkaSink.strings("lines"));
    tallies.map(tally -> "record " + tally).to(KafkaSink.strings("lines"));
    return job;
  }

  private static DataStream<String> lines(
      String name, KeyedStream<?, Tally> keyed, boolean windows, Combining combining, Style style) {
    if (windows) {
      var results =
          keyed.window(Windows.tumbling(Duration.ofSeconds(30))).reduce(style.function).name(name);
      return (combining == Combining.ON ? results : results.onError(ErrorPolicy.skip()))
          .map(Object::toString);
    }
    var table = keyed.reduce(style.function).name(name);
    return (combining == Combining.ON ? table : table.onError(ErrorPolicy.skip()))
        .changes()
        .map(Object::toString);
  }

  @ParameterizedTest
  @ValueSource(strings = {"running", "tumbling", "sliding", "session", "closed"})
  void aStepThatChangesAResultDoesNotChangeTheStateItCameFrom(String kind) {
    List<String> expected = run(results(kind, Style.PURE, false));
    assertThat(expected).anyMatch(line -> line.startsWith("UPDATE_BEFORE"));
    assertThat(run(results(kind, Style.PURE, true))).isEqualTo(expected);
    assertThat(run(results(kind, Style.IN_PLACE, true))).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"running", "tumbling", "sliding", "session", "closed"})
  void aResultThatAStepKeepsStaysAsItWas(String kind) {
    KEPT.clear();
    List<String> lines = run(results(kind, Style.IN_PLACE, false));
    assertThat(KEPT).hasSameSizeAs(lines);
    for (int i = 0; i < lines.size(); i++) {
      assertThat(lines.get(i)).endsWith(" " + KEPT.get(i));
    }
  }

  /** Results that are revised; {@code spoils} if the next step changes the objects it is given. */
  private static Job results(String kind, Style style, boolean spoils) {
    Job job = Job.named("results");
    KeyedStream<String, Tally> keyed = tallies(job).keyBy(tally -> tally.key).parallelism(1);
    DataStream<? extends Change<?, Tally>> changes;
    if (kind.equals("running")) {
      changes = keyed.reduce(style.function).changes();
    } else {
      WindowSpec<Object> spec =
          switch (kind) {
            case "tumbling", "closed" -> Windows.tumbling(Duration.ofSeconds(30));
            case "sliding" -> Windows.sliding(Duration.ofSeconds(30), Duration.ofSeconds(10));
            default -> Windows.session(Duration.ofSeconds(4));
          };
      changes =
          keyed
              .window(spec)
              .allowedLateness(Duration.ofMinutes(1))
              .emit(kind.equals("closed") ? Emission.onClose() : Emission.onUpdate())
              .reduce(style.function)
              .changes();
    }
    changes
        .map(
            change -> {
              String line = change.kind() + " " + change.key() + " " + change.value();
              KEPT.add(change.value());
              if (spoils) {
                change.value().sum = -1;
                change.value().seen.clear();
              }
              return line;
            })
        .to(KafkaSink.strings("lines"));
    return job;
  }

  /** Changes its state and its record in place, and fails at some calls after that. */
  private static final class Totals extends KeyedProcessFunction<String, Tally, String> {
    private final ValueState<Tally> total = state.value("total", Tally.class);
    private final Map<Long, Integer> attempts;

    Totals(Map<Long, Integer> attempts) {
      this.attempts = attempts;
    }

    @Override
    public void onRecord(Tally tally, Context context) throws Exception {
      Tally sum = total.valueOr(new Tally(tally.key, 0, 0)).add(tally);
      total.set(sum);
      context.emit(sum.toString());
      int attempt = attempts.merge(tally.sum, 1, Integer::sum);
      if (isRefused(tally.sum) || (tally.sum % 5 == 0 && attempt % 2 == 1)) {
        sum.seen.clear();
        throw new Exception("refused");
      }
      sum.seen.clear();
      tally.sum = -1;
      tally.seen.clear();
    }

    static boolean isRefused(long number) {
      return number % 7 == 0;
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void sortedFunctionsThatChangeWhatTheyAreGivenLeaveNoTraceOfFailures(long seed) {
    Job job = Job.named("totals");
    KeyedStream<String, Tally> keyed = tallies(job).keyBy(tally -> tally.key).parallelism(1);
    for (String name : List.of("one", "other")) {
      Map<Long, Integer> attempts = new HashMap<>();
      keyed
          .sortedByEventTime()
          .process(() -> new Totals(attempts))
          .name(name)
          .onError(ErrorPolicy.deadLetter().retries(1, Duration.ZERO))
          .to(KafkaSink.strings(name));
    }
    Random random = new Random(seed);
    List<Tally> sent = new ArrayList<>();
    try (JobTest test = JobTest.builder(job).instances(2).startAt(START).build()) {
      TestTopic<Tally> topic = test.topic("tallies", Tally.class);
      CommitFailure[] failures = CommitFailure.values();
      for (int i = 1; i <= RECORDS; i++) {
        Tally tally = new Tally("k" + i % 3, i + random.nextInt(20), i);
        sent.add(tally);
        topic.send(0, tally);
        switch (random.nextInt(8)) {
          case 0 ->
              test.failCommit(
                  test.commits() + random.nextInt(3), failures[random.nextInt(failures.length)]);
          case 1 -> test.restart(random.nextBoolean() ? LocalState.KEPT : LocalState.LOST);
          case 2, 3, 4 -> test.run();
          default -> {}
        }
      }
      test.endInput();
      for (String name : List.of("one", "other")) {
        assertThat(test.output(name, String.class))
            .containsExactlyInAnyOrderElementsOf(totals(sent));
      }
      long refused = sent.stream().filter(tally -> Totals.isRefused(tally.sum)).count();
      assertThat(test.deadLetters()).hasSize(2 * (int) refused);
    }
  }

  private static List<String> totals(List<Tally> sent) {
    List<String> lines = new ArrayList<>();
    Map<String, Tally> totals = new HashMap<>();
    sent.stream()
        .filter(tally -> !Totals.isRefused(tally.sum))
        .sorted(Comparator.comparingLong(tally -> tally.second))
        .forEach(
            tally -> {
              Tally before = totals.getOrDefault(tally.key, new Tally(tally.key, 0, 0));
              Tally total = before.plus(tally);
              totals.put(tally.key, total);
              lines.add(total.toString());
            });
    return lines;
  }

  /** Sends the records in several transactions, with a restart in the middle. */
  private static List<String> run(Job job) {
    try (JobTest test = JobTest.builder(job).startAt(START).build()) {
      TestTopic<Tally> topic = test.topic("tallies", Tally.class);
      for (int i = 1; i <= RECORDS; i++) {
        topic.send(0, new Tally("k" + i % 3, i + i * 7 % 5 - (i % 11 == 0 ? 40 : 0), i));
        if (i % 20 == 0) {
          test.run();
        }
        if (i == RECORDS / 2) {
          test.restart();
        }
      }
      test.endInput();
      return test.output("lines", String.class);
    }
  }

  /** Changes what it gets, and fails the first time. */
  private static final class FailingOnce extends KeyedProcessFunction<String, Tally, String> {
    private boolean hasFailed;

    @Override
    public void onRecord(Tally tally, Context context) {
      change(tally);
      context.emit(tally.toString());
    }

    void change(Tally tally) {
      tally.seen.add(1L);
      if (!hasFailed) {
        hasFailed = true;
        throw new IllegalStateException("told to fail");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aFurtherAttemptGetsTheRecordAsItCame(boolean joins) {
    ErrorPolicy retries = ErrorPolicy.fail().retries(1, Duration.ofMillis(1));
    Job job = Job.named("again");
    KeyedStream<String, Tally> keyed = tallies(job).keyBy(tally -> tally.key);
    FailingOnce joining = new FailingOnce();
    DataStream<String> lines =
        joins
            ? keyed
                .join(job.table(KafkaTable.strings("rows", String.class)))
                .left(
                    String.class,
                    (tally, row) -> {
                      joining.change(tally);
                      return tally.toString();
                    })
            : keyed.process(FailingOnce::new);
    lines.onError(retries).to(KafkaSink.strings("lines"));
    try (JobTest test = JobTest.builder(job).startAt(START).build()) {
      test.topic("tallies", Tally.class).send(new Tally("a", 1, 7));
      assertThat(test.run().output("lines", String.class)).containsExactly("a 1 7 [1, 7]");
    }
  }

  /** A step without state that changes what it gets, and fails the first time. */
  private static DataStream<Tally> failingOnce(String kind, DataStream<Tally> tallies) {
    FailingOnce function = new FailingOnce();
    DataStream<Tally> step =
        switch (kind) {
          case "map" ->
              tallies.map(
                  Tally.class,
                  tally -> {
                    function.change(tally);
                    return tally;
                  });
          case "filter" ->
              tallies.filter(
                  tally -> {
                    function.change(tally);
                    return true;
                  });
          case "flatMap" ->
              tallies.flatMap(
                  Tally.class,
                  (tally, out) -> {
                    function.change(tally);
                    out.emit(tally);
                  });
          default -> tallies.peek(function::change);
        };
    return step.onError(ErrorPolicy.fail().retries(1, Duration.ofMillis(1)));
  }

  @ParameterizedTest
  @CsvSource({"map,false", "filter,true", "flatMap,false", "flatMap,true", "peek,false"})
  void aFurtherAttemptOfAStepWithoutStateGetsTheRecordAsItCame(String kind, boolean shuffled) {
    Job job = Job.named("again");
    DataStream<Tally> tallies = shuffled ? tallies(job).rebalance() : tallies(job);
    failingOnce(kind, tallies).map(tally -> tally.toString()).to(KafkaSink.strings("lines"));
    try (JobTest test = JobTest.builder(job).startAt(START).build()) {
      test.topic("tallies", Tally.class).send(new Tally("a", 1, 7));
      assertThat(test.run().output("lines", String.class)).containsExactly("a 1 7 [1, 7]");
    }
  }

  /** It is not in the bytes of the record. */
  @Test
  void whatAStepHasDoneToARecordIsInEachAttemptOfTheNextOne() {
    Job job = Job.named("again");
    DataStream<Tally> larger =
        tallies(job)
            .map(
                Tally.class,
                tally -> {
                  tally.sum += 100;
                  return tally;
                });
    failingOnce("peek", larger)
        .map(tally -> tally.key + " " + tally.sum)
        .to(KafkaSink.strings("lines"));
    try (JobTest test = JobTest.builder(job).startAt(START).build()) {
      test.topic("tallies", Tally.class).send(new Tally("a", 1, 7));
      assertThat(test.run().output("lines", String.class)).containsExactly("a 107");
    }
  }
}
