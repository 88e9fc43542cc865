package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.aggregate.Aggregates;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ConfigurationException;
import dev.millrace.metrics.StageCounters;
import dev.millrace.output.OutputTag;
import dev.millrace.table.Change;
import dev.millrace.testkit.JobTest;
import dev.millrace.testkit.TestSink;
import dev.millrace.testkit.TestTopic;
import dev.millrace.time.Watermarks;
import dev.millrace.window.CalendarUnit;
import dev.millrace.window.Emission;
import dev.millrace.window.Late;
import dev.millrace.window.Triggers;
import dev.millrace.window.WindowResult;
import dev.millrace.window.Windowed;
import dev.millrace.window.Windows;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Jobs with windows as programs write them, through compiler, shuffle and commits. */
final class WindowedJobsTest {

  private static final Instant START = Instant.parse("2026-11-21T12:00:00Z");
  private static final OutputTag<Late<Reading>> LATE = Late.tag("late", Reading.class);

  record Reading(String sensor, int second, long value) {
    Instant at() {
      return START.plusSeconds(second);
    }
  }

  record Line(String sensor, String from, long sum) {}

  private final Job job = Job.named("windows");
  private final DataStream<Reading> readings =
      job.source(
          KafkaSource.json("readings", Reading.class)
              .eventTime(Reading::at)
              .watermarks(Watermarks.boundedOutOfOrderness(Duration.ofSeconds(5))));

  private static Duration seconds(long seconds) {
    return Duration.ofSeconds(seconds);
  }

  /** Runs the job over readings of one partition, a commit after each. */
  private JobTest run(Reading... input) {
    JobTest test = JobTest.builder(job).startAt(START.plus(Duration.ofDays(2))).build();
    TestTopic<Reading> topic = test.topic("readings", Reading.class).partitions(1);
    for (Reading each : input) {
      topic.send(0, each);
      test.run();
    }
    return test;
  }

  private static Reading at(int second) {
    return new Reading("a", second, 1);
  }

  private static List<String> texts(List<? extends WindowResult<String, ?>> results) {
    return results.stream()
        .map(
            result ->
                result.key()
                    + Duration.between(START, result.window().start()).toSeconds()
                    + ".."
                    + Duration.between(START, result.window().end()).toSeconds()
                    + "="
                    + result.value())
        .toList();
  }

  private static List<String> changes(List<Change<Windowed<String>, Long>> changes) {
    return changes.stream()
        .map(
            change ->
                change.kind()
                    + " "
                    + Duration.between(START, change.key().window().start()).toSeconds()
                    + ".."
                    + Duration.between(START, change.key().window().end()).toSeconds()
                    + "="
                    + change.value())
        .toList();
  }

  @Test
  void slidingWindowsCountARecordInEachAndLateOnesAreSeen() {
    TestSink<WindowResult<String, Long>> results = TestSink.collect();
    TestSink<Late<Reading>> late = TestSink.collect();
    DataStream<WindowResult<String, Long>> sums =
        readings
            .keyBy(Reading::sensor)
            .window(Windows.sliding(seconds(20), seconds(10)))
            .lateTo(LATE)
            .sum(Reading::value);
    sums.to(results);
    sums.sideOutput(LATE).to(late);
    try (JobTest test = run(at(5), at(15), at(36), at(1), at(11), at(60))) {
      assertThat(texts(results.values()))
          .containsExactly("a-10..10=1", "a0..20=2", "a10..30=1", "a20..40=1", "a30..50=1");
      assertThat(late.values()).extracting(each -> each.value().second()).containsExactly(1, 11);
      assertThat(test.lateRecords()).isEqualTo(2);
    }
  }

  @Test
  void aRecordThatIsLateForOneOfItsWindowsIsCountedByItself() {
    TestSink<WindowResult<String, Long>> results = TestSink.collect();
    readings
        .keyBy(Reading::sensor)
        .window(Windows.sliding(seconds(20), seconds(10)))
        .sum(Reading::value)
        .to(results);
    try (JobTest test = run(at(5), at(36), at(25), at(60))) {
      assertThat(texts(results.values()))
          .containsExactly("a-10..10=1", "a0..20=1", "a20..40=2", "a30..50=1");
      assertThat(test.lateRecords()).isZero();
      assertThat(
              test.metrics().stages().values().stream()
                  .mapToLong(StageCounters::partlyLateRecords)
                  .sum())
          .isEqualTo(1);
    }
  }

  @Test
  void allowedLatenessCorrectsWhatWasSaid() {
    TestSink<Change<Windowed<String>, Long>> rows = TestSink.collect();
    readings
        .keyBy(Reading::sensor)
        .window(Windows.tumbling(seconds(10)))
        .allowedLateness(seconds(20))
        .sum(Reading::value)
        .to(rows);
    try (JobTest test = run(at(5), at(15), at(6), at(30), at(7), at(40), at(8))) {
      assertThat(changes(rows.values()))
          .containsExactly(
              "INSERT 0..10=1",
              "UPDATE_BEFORE 0..10=1",
              "UPDATE_AFTER 0..10=2",
              "INSERT 10..20=1",
              "UPDATE_BEFORE 0..10=2",
              "UPDATE_AFTER 0..10=3");
      assertThat(test.lateRecords()).as("the last came 20 s behind the end").isEqualTo(1);
    }
  }

  @Test
  void updatesGoWithCommitsAndEarlyResultsWithTheClock() {
    TestSink<Change<Windowed<String>, Long>> updates = TestSink.collect();
    TestSink<Change<Windowed<String>, Long>> early = TestSink.collect();
    KeyedStream<String, Reading> keyed = readings.keyBy(Reading::sensor);
    keyed
        .window(Windows.tumbling(seconds(10)))
        .emit(Emission.onUpdate())
        .sum(Reading::value)
        .name("updates")
        .to(updates);
    keyed
        .window(Windows.session(seconds(10)))
        .emit(Emission.every(seconds(60)))
        .sum(Reading::value)
        .name("early")
        .to(early);
    try (JobTest test = run(at(5), at(6))) {
      assertThat(changes(updates.values()))
          .containsExactly("INSERT 0..10=1", "UPDATE_BEFORE 0..10=1", "UPDATE_AFTER 0..10=2");
      assertThat(early.values()).isEmpty();
      test.advanceProcessingTime(seconds(61));
      assertThat(changes(early.values())).containsExactly("INSERT 5..16=2");
    }
  }

  @Test
  void sessionsMergeAcrossPartitionsAndRestarts() {
    TestSink<WindowResult<String, Long>> results = TestSink.collect();
    readings.keyBy(Reading::sensor).window(Windows.session(seconds(10))).count().to(results);
    try (JobTest test = JobTest.builder(job).startAt(START).build()) {
      TestTopic<Reading> topic = test.topic("readings", Reading.class).partitions(2);
      topic.send(0, at(0)).send(1, at(12));
      test.run();
      test.restart();
      topic.send(0, at(10)).send(1, at(60)).send(0, at(60));
      test.run();
      assertThat(texts(results.values())).containsExactly("a0..22=3");
    }
  }

  @Test
  void dynamicSessionsHaveTheGapThatTheRecordSays() {
    TestSink<WindowResult<String, Long>> results = TestSink.collect();
    readings
        .keyBy(Reading::sensor)
        .window(Windows.dynamicSession((Reading reading) -> seconds(reading.value())))
        .count()
        .to(results);
    try (JobTest test =
        run(
            new Reading("a", 0, 3),
            new Reading("a", 4, 10),
            new Reading("a", 12, 2),
            new Reading("a", 60, 1))) {
      assertThat(texts(results.values())).containsExactly("a0..3=1", "a4..14=2");
      assertThat(test.lateRecords()).isZero();
    }
  }

  @Test
  void cumulativeAndCalendarWindowsComeThroughOneShuffle() {
    TestSink<WindowResult<String, Long>> growing = TestSink.collect();
    TestSink<WindowResult<String, Long>> days = TestSink.collect();
    KeyedStream<String, Reading> keyed = readings.keyBy(Reading::sensor);
    keyed.window(Windows.cumulative(seconds(10), seconds(30))).count().name("growing").to(growing);
    keyed
        .window(Windows.calendar(CalendarUnit.DAY, ZoneId.of("UTC")))
        .sum(Reading::value)
        .name("days")
        .to(days);
    try (JobTest test = run(at(5), at(15), at(86_400))) {
      assertThat(texts(growing.values())).containsExactly("a0..10=1", "a0..20=2", "a0..30=2");
      assertThat(texts(days.values())).containsExactly("a-43200..43200=2");
      assertThat(test.lateRecords()).isZero();
    }
  }

  @Test
  void countedAndTriggeredPanesFireByThemselves() {
    TestSink<WindowResult<String, Long>> threes = TestSink.collect();
    TestSink<WindowResult<String, Long>> timed = TestSink.collect();
    KeyedStream<String, Reading> keyed = readings.keyBy(Reading::sensor);
    keyed.window(Windows.count(3)).sum(Reading::value).name("threes").to(threes);
    keyed
        .window(Windows.global(Triggers.<Reading>afterProcessingTime(seconds(30))))
        .count()
        .name("timed")
        .to(timed);
    try (JobTest test = run(at(9), at(2), at(5), at(7))) {
      assertThat(texts(threes.values())).containsExactly("a2..9=3");
      assertThat(timed.values()).isEmpty();
      test.restart();
      test.advanceProcessingTime(seconds(31));
      assertThat(texts(timed.values())).containsExactly("a2..9=4");
    }
  }

  @Test
  void aWindowFunctionSeesKeyWindowAndAggregate() {
    TestSink<Line> lines = TestSink.collect();
    DataStream<Line> sums =
        readings
            .keyBy(Reading::sensor)
            .window(Windows.tumbling(seconds(10)))
            .lateTo(LATE)
            .aggregate(
                Aggregates.sum(Reading::value),
                (key, window, sum) -> new Line(key, window.start().toString(), sum));
    sums.to(lines);
    sums.sideOutput(LATE).to(TestSink.collect());
    try (JobTest test = run(at(5), at(6), at(20))) {
      assertThat(lines.values()).containsExactly(new Line("a", START.toString(), 2));
      assertThat(test.lateRecords()).isZero();
    }
  }

  @Test
  void aggregatesOfAllKindsComeThroughTheirCodecs() {
    TestSink<WindowResult<String, Double>> averages = TestSink.collect();
    TestSink<WindowResult<String, List<Reading>>> top = TestSink.collect();
    TestSink<WindowResult<String, Long>> largest = TestSink.collect();
    KeyedStream<String, Reading> keyed = readings.keyBy(Reading::sensor);
    WindowedStream<String, Reading> windowed =
        keyed.window(Windows.sliding(seconds(20), seconds(10)));
    windowed.aggregate(Aggregates.average(Reading::value)).name("averages").to(averages);
    windowed.aggregate(Aggregates.topN(1, Reading.class, Reading::value)).name("top").to(top);
    windowed.aggregate(Aggregates.max(Reading::value)).name("largest").to(largest);
    try (JobTest test =
        run(new Reading("a", 1, 2), new Reading("a", 2, 5), new Reading("a", 14, 3), at(40))) {
      assertThat(texts(averages.values()))
          .containsExactly("a-10..10=3.5", "a0..20=" + 10 / 3.0, "a10..30=3.0");
      assertThat(top.values())
          .extracting(result -> result.value().get(0).value())
          .containsExactly(5L, 5L, 3L);
      assertThat(texts(largest.values())).containsExactly("a-10..10=5", "a0..20=5", "a10..30=3");
      assertThat(test.lateRecords()).isZero();
    }
  }

  @Test
  void windowsOfWindowsCloseThroughTwoShuffles() {
    TestSink<WindowResult<String, Long>> totals = TestSink.collect();
    readings
        .keyBy(Reading::sensor)
        .window(Windows.tumbling(seconds(10)))
        .count()
        .name("per-sensor")
        .keyBy(String.class, result -> "all")
        .window(Windows.tumbling(seconds(20)))
        .sum(WindowResult::value)
        .name("totals")
        .to(totals);
    try (JobTest test =
        run(at(1), new Reading("b", 2, 1), at(11), new Reading("c", 19, 1), at(26))) {
      assertThat(texts(totals.values())).containsExactly("all0..20=4");
      assertThat(test.lateRecords()).isZero();
    }
  }

  @Test
  void windowsBehindSessionsMissNothing() {
    TestSink<WindowResult<String, Long>> totals = TestSink.collect();
    readings
        .keyBy(Reading::sensor)
        .window(Windows.session(seconds(10)))
        .count()
        .name("sessions")
        .keyBy(String.class, session -> "all")
        .window(Windows.tumbling(seconds(15)))
        .sum(WindowResult::value)
        .name("totals")
        .to(totals);
    // The watermark stands at the session's end, which is the end of the window behind, too.
    try (JobTest test = run(at(5), at(20), new Reading("b", 21, 1), new Reading("b", 60, 1))) {
      assertThat(texts(totals.values()))
          .containsExactly("all0..15=1", "all15..30=1", "all30..45=1");
      assertThat(test.lateRecords()).isZero();
    }
  }

  @Test
  void whatMergedSessionsTakeBackIsOnTimeBehindThem() {
    TestSink<Change<Windowed<String>, Long>> rows = TestSink.collect();
    TestSink<WindowResult<String, Long>> taken = TestSink.collect();
    DataStream<Change<Windowed<String>, Long>> changes =
        readings
            .keyBy(Reading::sensor)
            .window(Windows.session(seconds(10)))
            .allowedLateness(seconds(60))
            .count()
            .name("sessions")
            .changes();
    changes.to(rows);
    changes
        .keyBy(String.class, change -> change.kind().name())
        .window(Windows.tumbling(seconds(1)))
        .count()
        .name("behind")
        .to(taken);
    try (JobTest test =
        run(at(0), at(16), at(25), at(34), at(8), at(43), at(52), at(70), at(200))) {
      assertThat(changes(rows.values()))
          .containsExactly("INSERT 0..10=1", "DELETE 0..10=1", "INSERT 0..62=7", "INSERT 70..80=1");
      assertThat(test.lateRecords()).isZero();
    }
  }

  @Test
  void stateIsLetGoAsTimePasses() {
    TestSink<WindowResult<String, Long>> sums = TestSink.collect();
    TestSink<Change<Windowed<String>, Long>> rows = TestSink.collect();
    TestSink<Change<String, Long>> totals = TestSink.collect();
    KeyedStream<String, Reading> keyed = readings.keyBy(Reading::sensor);
    keyed.window(Windows.sliding(seconds(20), seconds(10))).count().name("sliding").to(sums);
    keyed.window(Windows.session(seconds(10))).count().name("session").to(sums);
    keyed
        .window(Windows.tumbling(seconds(10)))
        .allowedLateness(seconds(30))
        .count()
        .name("corrected")
        .to(rows);
    keyed.sum(Reading::value).name("total").changes().to(totals);
    try (JobTest test = run(at(5), at(15))) {
      assertThat(test.stateRows("sliding")).as("two slices").isEqualTo(2);
      assertThat(test.stateRows("session")).as("a session and its timer").isEqualTo(2);
      assertThat(test.stateRows("corrected"))
          .as("two windows, one said, and the lateness")
          .isEqualTo(4);
      test.topic("readings", Reading.class).send(0, at(100));
      test.run();
      assertThat(test.stateRows("sliding")).isEqualTo(1);
      assertThat(test.stateRows("session")).isEqualTo(2);
      assertThat(test.stateRows("corrected")).isEqualTo(2);
      assertThat(test.state("total", String.class, Long.class)).containsExactly(Map.entry("a", 3L));
    }
  }

  @Test
  void filterSendsValuesAsideInTheirOwnType() {
    OutputTag<String> rejected = OutputTag.of("rejected", String.class);
    TestSink<Reading> kept = TestSink.collect();
    TestSink<String> aside = TestSink.collect();
    DataStream<Reading> valid =
        readings.filter(
            (reading, outputs) -> {
              if (reading.value() >= 0) {
                return true;
              }
              outputs.emit(rejected, reading.sensor() + " is negative");
              return false;
            },
            rejected);
    valid.to(kept);
    valid.sideOutput(rejected).to(aside);
    try (JobTest test = run(at(1), new Reading("b", 2, -1))) {
      assertThat(kept.values()).containsExactly(at(1));
      assertThat(aside.values()).containsExactly("b is negative");
      assertThat(test.deadLetters()).isEmpty();
    }
  }

  @Test
  void whatCannotBeIsRefusedWhenTheJobIsBuilt() {
    KeyedStream<String, Reading> keyed = readings.keyBy(Reading::sensor);
    assertThatThrownBy(() -> keyed.window(Windows.count(3)).allowedLateness(seconds(1)))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("Cannot revise results of global(every 3 records)");
    DataStream<WindowResult<String, Long>> counts =
        keyed.window(Windows.tumbling(seconds(1))).count();
    assertThatThrownBy(() -> counts.sideOutput(LATE))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("the step does not write to it");
    assertThatThrownBy(() -> Windows.cumulative(seconds(3), seconds(10)))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("multiple of the step");
    Job other = Job.named("other");
    other
        .source(KafkaSource.json("readings", Reading.class))
        .keyBy(Reading::sensor)
        .window(Windows.session(seconds(1)).inEventTime())
        .count()
        .to(TestSink.collect());
    assertThatThrownBy(() -> Millrace.plan(other, JobConfig.builder().build()))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("a source has no watermarks");
    Job clocked = Job.named("clocked");
    clocked
        .source(KafkaSource.json("readings", Reading.class))
        .keyBy(Reading::sensor)
        .window(Windows.global(Triggers.<Reading>afterEventTime(seconds(1))))
        .count()
        .to(TestSink.collect());
    assertThatThrownBy(() -> Millrace.plan(clocked, JobConfig.builder().build()))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("its trigger has deadlines in event time");
  }
}
