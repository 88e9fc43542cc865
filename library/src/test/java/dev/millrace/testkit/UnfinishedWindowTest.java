package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Job;
import dev.millrace.WindowedStream;
import dev.millrace.aggregate.Aggregation;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.error.RecordException;
import dev.millrace.metrics.StageCounters;
import dev.millrace.time.Watermarks;
import dev.millrace.window.WindowSpec;
import dev.millrace.window.Windows;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A window whose result cannot be made goes to the error policy as a result of its key: the others
 * have theirs.
 */
final class UnfinishedWindowTest {

  private static final Instant START = Instant.parse("2030-01-01T00:00:00Z");
  private static final ErrorPolicy RETRIED = ErrorPolicy.deadLetter().retries(1, Duration.ZERO);

  record Reading(String key, long second, long number) {}

  /** The call of an aggregate that fails where there is a number below zero. */
  private enum Failing {
    FINISH,
    MERGE
  }

  /** Keeps all numbers in a list that it changes in place. */
  private static final class Picky implements Aggregation<Reading, List<Long>, List<Long>> {

    private static final long serialVersionUID = 1L;

    private final Failing failing;

    Picky(Failing failing) {
      this.failing = failing;
    }

    @Override
    public List<Long> create() {
      return new ArrayList<>();
    }

    @Override
    public List<Long> add(List<Long> accumulator, Reading value) {
      accumulator.add(value.number());
      return accumulator;
    }

    @Override
    public List<Long> merge(List<Long> left, List<Long> right) {
      left.addAll(right);
      check(left, Failing.MERGE);
      return left;
    }

    @Override
    public List<Long> finish(List<Long> accumulator) {
      check(accumulator, Failing.FINISH);
      return accumulator;
    }

    private void check(List<Long> numbers, Failing call) {
      if (failing == call && numbers.stream().anyMatch(number -> number < 0)) {
        throw new IllegalStateException("below zero");
      }
    }
  }

  private enum Case {
    TUMBLING(Windows.tumbling(Duration.ofSeconds(20)), Duration.ZERO, 1),
    SLIDING(Windows.sliding(Duration.ofSeconds(40), Duration.ofSeconds(20)), Duration.ZERO, 2),
    SESSION(Windows.session(Duration.ofSeconds(15)), Duration.ZERO, 1),
    PANES(Windows.count(2), Duration.ZERO, 1),
    TUMBLING_REVISED(Windows.tumbling(Duration.ofSeconds(20)), Duration.ofMinutes(1), 1),
    SLIDING_REVISED(
        Windows.sliding(Duration.ofSeconds(40), Duration.ofSeconds(20)), Duration.ofMinutes(1), 2),
    SESSION_REVISED(Windows.session(Duration.ofSeconds(15)), Duration.ofMinutes(1), 1);

    private final WindowSpec<Object> window;
    private final Duration lateness;
    private final int unfinished;

    Case(WindowSpec<Object> window, Duration lateness, int unfinished) {
      this.window = window;
      this.lateness = lateness;
      this.unfinished = unfinished;
    }

    boolean isRevised() {
      return !lateness.isZero();
    }

    Job job(Failing failing, ErrorPolicy errors) {
      Job job = Job.named("picky");
      WindowedStream<String, Reading> windowed =
          job.source(
                  KafkaSource.json("readings", Reading.class)
                      .eventTime(reading -> START.plusSeconds(reading.second()))
                      .watermarks(Watermarks.monotonous()))
              .keyBy(Reading::key)
              .window(window);
      if (isRevised()) {
        windowed
            .allowedLateness(lateness)
            .aggregate(new Picky(failing))
            .name("lists")
            .onError(errors)
            .changes()
            .map(change -> change.key().key() + " " + change.value())
            .to(KafkaSink.strings("lines"));
      } else {
        windowed
            .aggregate(new Picky(failing))
            .name("lists")
            .onError(errors)
            .map(result -> result.key() + " " + result.value())
            .to(KafkaSink.strings("lines"));
      }
      return job;
    }
  }

  private static JobTest started(Job job) {
    return JobTest.builder(job).startAt(START).build();
  }

  /** Sends what makes one window per key, or two that overlap, and one window later. */
  private static void send(JobTest test) {
    test.topic("readings", Reading.class)
        .send(0, new Reading("bad", 41, -1), new Reading("good", 42, 2))
        .send(0, new Reading("good", 45, 3), new Reading("bad", 50, 4))
        .send(0, new Reading("bad", 200, 5), new Reading("bad", 201, 6));
  }

  @ParameterizedTest
  @EnumSource(Case.class)
  void theOthersHaveTheirResults(Case each) {
    try (JobTest test = started(each.job(Failing.FINISH, RETRIED))) {
      send(test);
      test.endInput();
      assertThat(test.output("lines", String.class))
          .contains("good [2, 3]", "bad [5, 6]")
          .allMatch(line -> line.equals("good [2, 3]") || line.equals("bad [5, 6]"));
      assertThat(test.deadLetters()).hasSize(each.unfinished);
      test.deadLetters().forEach(letter -> check(letter, "2030-01-01T00:00:"));
    }
  }

  @ParameterizedTest
  @EnumSource(Case.class)
  void aResultThatIsSkippedCounts(Case each) {
    try (JobTest test = started(each.job(Failing.FINISH, ErrorPolicy.skip()))) {
      send(test);
      test.run().endInput();
      assertThat(skipped(test)).isEqualTo(each.unfinished);
    }
  }

  @ParameterizedTest
  @EnumSource(Case.class)
  void whereTheJobStopsItNamesKeyAndWindow(Case each) {
    try (JobTest test = started(each.job(Failing.FINISH, ErrorPolicy.fail()))) {
      send(test);
      assertThatThrownBy(test::endInput)
          .isInstanceOf(RecordException.class)
          .hasMessageContaining("'lists'")
          .hasMessageContaining("below zero")
          .hasMessageContaining("key=bad, window=");
    }
  }

  /** Sends two slices of one window per key, and others later. */
  private static void sendSlices(JobTest test) {
    test.topic("readings", Reading.class)
        .send(0, new Reading("bad", 41, -1), new Reading("good", 42, 2))
        .send(0, new Reading("good", 65, 3), new Reading("bad", 66, 4))
        .send(0, new Reading("bad", 200, 5));
  }

  @ParameterizedTest
  @EnumSource(
      value = Case.class,
      names = {"SLIDING", "SLIDING_REVISED"})
  void whereSlicesCannotBeMergedOnlyTheirWindowIsDropped(Case each) {
    String[] lines = {
      "bad [-1]", "good [2]", "good [2, 3]", "good [3]", "bad [4]", "bad [5]", "bad [5]"
    };
    try (JobTest test = started(each.job(Failing.MERGE, RETRIED))) {
      sendSlices(test);
      test.endInput();
      assertThat(test.output("lines", String.class)).containsExactlyInAnyOrder(lines);
      assertThat(test.deadLetters())
          .singleElement()
          .satisfies(letter -> check(letter, "2030-01-01T00:00:40Z"));
    }
    try (JobTest test = started(each.job(Failing.MERGE, ErrorPolicy.skip()))) {
      sendSlices(test);
      test.run().endInput();
      assertThat(test.output("lines", String.class)).containsExactlyInAnyOrder(lines);
      assertThat(skipped(test)).isEqualTo(1);
    }
    try (JobTest test = started(each.job(Failing.MERGE, ErrorPolicy.fail()))) {
      sendSlices(test);
      assertThatThrownBy(test::endInput)
          .isInstanceOf(RecordException.class)
          .hasMessageContaining("below zero")
          .hasMessageContaining("key=bad, window=");
    }
  }

  private static void check(DeadLetter letter, String start) {
    String text = new String(Objects.requireNonNull(letter.value()), StandardCharsets.UTF_8);
    assertThat(text).contains("\"key\":\"bad\"", "\"window\":{\"start\":\"" + start);
    assertThat(letter.topic()).isEmpty();
    assertThat(letter.operator()).isEqualTo("lists");
    assertThat(letter.message()).isEqualTo("below zero");
  }

  private static long skipped(JobTest test) {
    return test.metrics().stages().values().stream().mapToLong(StageCounters::skippedRecords).sum();
  }
}
