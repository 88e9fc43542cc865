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

  record Reading(String key, long second, long number) {}

  /** Cannot merge or finish what has a number below zero. */
  private static final class Picky implements Aggregation<Reading, List<Long>, List<Long>> {

    private static final long serialVersionUID = 1L;

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
      check(left);
      return left;
    }

    @Override
    public List<Long> finish(List<Long> accumulator) {
      check(accumulator);
      return accumulator;
    }

    private static void check(List<Long> numbers) {
      if (numbers.stream().anyMatch(number -> number < 0)) {
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

    Job job(ErrorPolicy errors) {
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
            .aggregate(new Picky())
            .name("lists")
            .onError(errors)
            .changes()
            .map(change -> change.key().key() + " " + change.value())
            .to(KafkaSink.strings("lines"));
      } else {
        windowed
            .aggregate(new Picky())
            .name("lists")
            .onError(errors)
            .map(result -> result.key() + " " + result.value())
            .to(KafkaSink.strings("lines"));
      }
      return job;
    }
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
    try (JobTest test =
        JobTest.builder(each.job(ErrorPolicy.deadLetter().retries(1, Duration.ZERO)))
            .startAt(START)
            .build()) {
      send(test);
      test.endInput();
      assertThat(test.output("lines", String.class))
          .contains("good [2, 3]", "bad [5, 6]")
          .allMatch(line -> line.equals("good [2, 3]") || line.equals("bad [5, 6]"));
      assertThat(test.deadLetters()).hasSize(each.unfinished);
      for (DeadLetter letter : test.deadLetters()) {
        String text = new String(Objects.requireNonNull(letter.value()), StandardCharsets.UTF_8);
        assertThat(text).contains("\"key\":\"bad\"", "\"window\":{\"start\":\"2030-01-01T00:00:");
        assertThat(letter.topic()).isEmpty();
        assertThat(letter.operator()).isEqualTo("lists");
        assertThat(letter.message()).isEqualTo("below zero");
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Case.class)
  void aResultThatIsSkippedCounts(Case each) {
    try (JobTest test = JobTest.builder(each.job(ErrorPolicy.skip())).startAt(START).build()) {
      send(test);
      test.run().endInput();
      assertThat(
              test.metrics().stages().values().stream()
                  .mapToLong(StageCounters::skippedRecords)
                  .sum())
          .isEqualTo(each.unfinished);
    }
  }

  @ParameterizedTest
  @EnumSource(Case.class)
  void whereTheJobStopsItNamesKeyAndWindow(Case each) {
    try (JobTest test = JobTest.builder(each.job(ErrorPolicy.fail())).startAt(START).build()) {
      send(test);
      assertThatThrownBy(test::endInput)
          .isInstanceOf(RecordException.class)
          .hasMessageContaining("'lists'")
          .hasMessageContaining("below zero")
          .hasMessageContaining("key=bad, window=");
    }
  }
}
