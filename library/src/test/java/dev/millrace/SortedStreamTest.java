package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ConfigurationException;
import dev.millrace.metrics.StageCounters;
import dev.millrace.output.OutputTag;
import dev.millrace.process.KeyedProcessFunction;
import dev.millrace.state.ValueState;
import dev.millrace.testkit.CommitFailure;
import dev.millrace.testkit.JobTest;
import dev.millrace.testkit.LocalState;
import dev.millrace.testkit.TestTopic;
import dev.millrace.time.Watermarks;
import dev.millrace.window.Late;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A sorted function says the same of live input, of a backlog, and whatever dies. */
final class SortedStreamTest {

  private static final Instant START = Instant.parse("2026-03-01T12:00:00Z");
  private static final Duration BOUND = Duration.ofSeconds(30);
  private static final Duration LIMIT = Duration.ofMinutes(2);

  record Reading(String sensor, Instant at) {}

  record Alarm(String sensor, Instant lastSeen) {}

  /** The example of the guide. */
  static final class Silence extends KeyedProcessFunction<String, Reading, Alarm> {
    private final ValueState<Instant> last = state.value("last", Instant.class);

    @Override
    public void onRecord(Reading reading, Context context) {
      Instant before = last.value();
      if (before != null) {
        context.timers().cancelEventTime(before.plus(LIMIT));
      }
      last.set(reading.at());
      context.timers().setEventTime(reading.at().plus(LIMIT));
    }

    @Override
    public void onTimer(Instant time, Context context) {
      context.emit(new Alarm(context.key(), last.valueOr(time)));
      last.clear();
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void liveBacklogAndRestartsGiveTheSameAlarms(long seed) {
    List<Reading> readings = readings(new Random(seed));
    List<String> expected = alarms(readings);
    assertThat(expected).hasSizeGreaterThan(5);
    assertThat(live(readings)).containsExactlyInAnyOrderElementsOf(expected);
    assertThat(backlog(readings)).containsExactlyInAnyOrderElementsOf(expected);
    assertThat(restarted(readings, new Random(seed))).containsExactlyInAnyOrderElementsOf(expected);
  }

  private static List<String> live(List<Reading> readings) {
    try (JobTest test = JobTest.builder(job()).startAt(START.plusSeconds(7200)).build()) {
      TestTopic<Reading> topic = test.topic("readings", Reading.class).partitions(1);
      for (Reading reading : readings) {
        topic.send(reading);
        test.run();
      }
      test.endInput();
      assertThat(late(test)).isZero();
      return test.output("alarms", String.class);
    }
  }

  private static List<String> backlog(List<Reading> readings) {
    try (JobTest test = JobTest.builder(job()).startAt(START.plusSeconds(7200)).build()) {
      TestTopic<Reading> topic = test.topic("readings", Reading.class).partitions(1);
      readings.forEach(topic::send);
      test.endInput();
      return test.output("alarms", String.class);
    }
  }

  private static List<String> restarted(List<Reading> readings, Random random) {
    try (JobTest test =
        JobTest.builder(job()).instances(2).startAt(START.plusSeconds(7200)).build()) {
      TestTopic<Reading> topic = test.topic("readings", Reading.class).partitions(1);
      CommitFailure[] failures = CommitFailure.values();
      for (Reading reading : readings) {
        topic.send(reading);
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
      return test.output("alarms", String.class);
    }
  }

  @Test
  void whatComesTooLateGoesToTheLateOutput() {
    OutputTag<Late<Reading>> late = Late.tag("late-readings", Reading.class);
    Job job = Job.named("silence");
    DataStream<Alarm> alarms =
        source(job).keyBy(Reading::sensor).sortedByEventTime().lateTo(late).process(Silence::new);
    alarms.map(Alarm::sensor).to(KafkaSink.strings("alarms"));
    alarms
        .sideOutput(late)
        .map(each -> each.reason() + " " + each.value().sensor())
        .to(KafkaSink.strings("late"));
    try (JobTest test = JobTest.builder(job).startAt(START.plusSeconds(60)).build()) {
      TestTopic<Reading> topic = test.topic("readings", Reading.class).partitions(1);
      topic.send(new Reading("a", START.plusSeconds(31)));
      test.run();
      topic.send(new Reading("b", START));
      topic.send(new Reading("c", START.plusSeconds(1)));
      topic.send(new Reading("d", START.plus(Duration.ofDays(1))));
      test.run();
      assertThat(test.output("late", String.class))
          .containsExactlyInAnyOrder("BEHIND_WATERMARK b", "TOO_FAR_AHEAD d");
      assertThat(late(test)).isEqualTo(2);
      test.endInput();
      assertThat(test.output("alarms", String.class)).containsExactlyInAnyOrder("a", "c");
    }
  }

  @Test
  void sortingNeedsWatermarks() {
    Job job = Job.named("silence");
    job.source(KafkaSource.json("readings", Reading.class))
        .keyBy(Reading::sensor)
        .sortedByEventTime()
        .process(Silence::new)
        .to(KafkaSink.json("alarms"));
    assertThatThrownBy(() -> Millrace.plan(job, JobConfig.defaults()))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("sorted by event time")
        .hasMessageContaining("Add .watermarks(");
  }

  private static Job job() {
    Job job = Job.named("silence");
    source(job)
        .keyBy(Reading::sensor)
        .sortedByEventTime()
        .process(Silence::new)
        .map(alarm -> alarm.sensor() + " " + alarm.lastSeen())
        .to(KafkaSink.strings("alarms"));
    return job;
  }

  private static DataStream<Reading> source(Job job) {
    return job.source(
        KafkaSource.json("readings", Reading.class)
            .eventTime(Reading::at)
            .watermarks(Watermarks.boundedOutOfOrderness(BOUND)));
  }

  /** Some silences of each sensor; out of order within the bound. */
  private static List<Reading> readings(Random random) {
    List<Reading> readings = new ArrayList<>();
    for (String sensor : List.of("a", "b", "c")) {
      Instant at = START;
      for (int i = 0; i < 25; i++) {
        at = at.plusSeconds(random.nextInt(5) == 0 ? 121 + random.nextInt(60) : random.nextInt(60));
        readings.add(new Reading(sensor, at));
      }
    }
    return readings.stream()
        .map(each -> new Object[] {each, each.at().plusSeconds(random.nextInt(30))})
        .sorted(Comparator.comparing(each -> (Instant) each[1]))
        .map(each -> (Reading) each[0])
        .toList();
  }

  private static List<String> alarms(List<Reading> readings) {
    TreeMap<String, List<Instant>> bySensor = new TreeMap<>();
    readings.forEach(
        each -> bySensor.computeIfAbsent(each.sensor(), s -> new ArrayList<>()).add(each.at()));
    List<String> alarms = new ArrayList<>();
    bySensor.forEach(
        (sensor, times) -> {
          List<Instant> sorted = times.stream().sorted().toList();
          for (int i = 0; i < sorted.size(); i++) {
            if (i + 1 == sorted.size() || !sorted.get(i + 1).isBefore(sorted.get(i).plus(LIMIT))) {
              alarms.add(sensor + " " + sorted.get(i));
            }
          }
        });
    return alarms;
  }

  private static long late(JobTest test) {
    return test.metrics().stages().values().stream().mapToLong(StageCounters::lateRecords).sum();
  }
}
