package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.metrics.SourcePartition;
import dev.millrace.metrics.SourcePartition.State;
import dev.millrace.metrics.StageCounters;
import dev.millrace.output.OutputTag;
import dev.millrace.serde.JsonTimes;
import dev.millrace.testkit.JobTest;
import dev.millrace.testkit.TestTopic;
import dev.millrace.time.Watermarks;
import dev.millrace.window.Late;
import dev.millrace.window.WindowResult;
import dev.millrace.window.Windows;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Test;

/** What becomes of the times of a source's partitions in a whole job. */
final class SourceTimesTest {

  record Reading(String sensor, Instant at, long value) {}

  private static final Instant START = Instant.parse("2026-03-01T12:00:00Z");

  private final OutputTag<Late<Reading>> late = Late.tag("late-readings", Reading.class);

  @Test
  void aRecordTooFarAheadGoesToTheLateOutputWithItsReason() {
    Watermarks<Object> strategy = Watermarks.monotonous().maxFuture(Duration.ofHours(1));
    try (JobTest test = JobTest.builder(job(strategy)).startAt(START).build()) {
      Instant ahead = START.plus(Duration.ofHours(1)).plusMillis(1);
      test.topic("readings", Reading.class)
          .partitions(1)
          .send(0, new Reading("a", START, 1), new Reading("a", ahead, 50))
          .send(0, new Reading("a", START.plusSeconds(1), 2))
          .send(0, new Reading("b", START.plusSeconds(10), 9));
      test.run();
      assertThat(test.output("sums", Long.class)).containsExactly(3L);
      assertThat(test.output("late", String.class)).containsExactly("50 TOO_FAR_AHEAD");
      assertThat(sum(test, StageCounters::recordsTooFarAhead)).isEqualTo(1);
      assertThat(sum(test, StageCounters::lateTooFarAhead)).isEqualTo(1);
      assertThat(sum(test, StageCounters::lateRecords)).isEqualTo(1);
    }
  }

  record Epoch(String sensor, long at) {}

  @Test
  void numbersAreTimesInTheUnitThatTheSourceNames() {
    Job job = Job.named("epochs");
    job.source(KafkaSource.json("readings", Reading.class).times(JsonTimes.SECONDS))
        .map(reading -> reading.sensor() + " " + reading.at())
        .onError(ErrorPolicy.skip())
        .to(KafkaSink.strings("out"));
    try (JobTest test = JobTest.of(job)) {
      test.topic("readings", Reading.class)
          .partitions(1)
          .sendBytes(0, utf8("{\"sensor\":\"a\",\"at\":1767225600,\"value\":1}"))
          .sendBytes(0, utf8("{\"sensor\":\"b\",\"at\":\"1767225600.5\",\"value\":1}"))
          .sendBytes(0, utf8("{\"sensor\":\"c\",\"at\":\"2026-01-01T00:00:00Z\",\"value\":1}"));
      test.run();
      assertThat(test.output("out", String.class))
          .containsExactly(
              "a 2026-01-01T00:00:00Z", "b 2026-01-01T00:00:00.500Z", "c 2026-01-01T00:00:00Z");
    }
    assertThatThrownBy(() -> KafkaSource.strings("readings").times(JsonTimes.SECONDS))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("Cannot call times() on the source of topic 'readings'");
  }

  @Test
  void anAbsurdEventTimeIsARecordsError() {
    Job job = Job.named("absurd");
    job.source(
            KafkaSource.json("epochs", Epoch.class)
                .eventTime(epoch -> Instant.ofEpochSecond(epoch.at())) // they are milliseconds
                .watermarks(Watermarks.monotonous()))
        .keyBy(Epoch::sensor)
        .window(Windows.tumbling(Duration.ofMinutes(1)))
        .count()
        .map(result -> result.key())
        .to(KafkaSink.strings("out"));
    try (JobTest test = JobTest.builder(job).set("errors.policy", "dead-letter").build()) {
      test.topic("epochs", Epoch.class)
          .partitions(1)
          .send(0, new Epoch("a", START.toEpochMilli()), new Epoch("b", Long.MAX_VALUE))
          .send(0, new Epoch("c", START.getEpochSecond()));
      test.run();
      assertThat(test.deadLetters()).hasSize(2);
      assertThat(test.deadLetters().get(0).headers().get("millrace.message"))
          .contains("eventTime(..) returned ", "out of the years 0 to 9999");
      assertThat(sum(test, StageCounters::lateRecords)).isZero();
    }
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void whatIsVisibleOfPartitionsFollowsThem() {
    Watermarks<Object> strategy = Watermarks.monotonous().idleness(Duration.ofSeconds(5));
    try (JobTest test = JobTest.builder(job(strategy)).startAt(START).build()) {
      TestTopic<Reading> readings = test.topic("readings", Reading.class).partitions(2);
      readings.send(0, new Reading("a", START.minusSeconds(7), 1));
      test.run();
      assertThat(partition(test, 0).state()).isEqualTo(State.ACTIVE);
      assertThat(partition(test, 0).watermark()).contains(START.minusSeconds(7));
      assertThat(partition(test, 0).lag()).isEqualTo(OptionalLong.of(0));
      assertThat(partition(test, 1).watermark()).isEmpty();
      assertThat(partition(test, 1).watermarkAge()).isZero();

      test.advanceProcessingTime(Duration.ofSeconds(7));
      assertThat(partition(test, 0).state()).isEqualTo(State.IDLE);
      assertThat(partition(test, 1).state()).isEqualTo(State.IDLE);
      assertThat(partition(test, 0).watermarkAge())
          .isBetween(Duration.ofSeconds(6), Duration.ofSeconds(8));

      readings.send(1, new Reading("a", START, 1));
      test.run();
      assertThat(partition(test, 1).state()).isEqualTo(State.ACTIVE);
      assertThat(partition(test, 1).watermark()).contains(START);

      test.endInput();
      assertThat(test.isFinished()).isTrue();
    }
  }

  @Test
  void aPartitionAheadOfTheOthersWaitsUntilTheyAreNearOrIdle() {
    Watermarks<Object> strategy =
        Watermarks.monotonous().idleness(Duration.ofSeconds(30)).maxDrift(Duration.ofSeconds(60));
    try (JobTest test = JobTest.builder(job(strategy)).startAt(START).build()) {
      TestTopic<Reading> readings = test.topic("readings", Reading.class).partitions(2);
      readings.send(0, new Reading("a", START.minusSeconds(1_000), 1));
      readings.send(1, new Reading("a", START.minusSeconds(900), 1));
      test.run();
      assertThat(partition(test, 1).state()).isEqualTo(State.PAUSED);

      readings.send(1, new Reading("a", START.minusSeconds(800), 1));
      test.advanceProcessingTime(Duration.ofSeconds(10));
      assertThat(partition(test, 1).watermark()).contains(START.minusSeconds(900));

      readings.send(0, new Reading("a", START.minusSeconds(940), 1));
      test.run();
      assertThat(partition(test, 1).watermark())
          .as("near enough to go on, and far ahead again by the next record")
          .contains(START.minusSeconds(800));
      assertThat(partition(test, 1).state()).isEqualTo(State.PAUSED);

      readings.send(1, new Reading("a", START.minusSeconds(100), 1));
      test.advanceProcessingTime(Duration.ofSeconds(40));
      assertThat(partition(test, 0).state()).isEqualTo(State.IDLE);
      assertThat(partition(test, 1).watermark()).contains(START.minusSeconds(100));
    }
  }

  @Test
  void partitionsOfTwoInstancesWaitForEachOther() {
    Watermarks<Object> strategy =
        Watermarks.monotonous().idleness(Duration.ofHours(1)).maxDrift(Duration.ofSeconds(60));
    try (JobTest test =
        JobTest.builder(job(strategy)).instances(2).workers(1).startAt(START).build()) {
      TestTopic<Reading> readings = test.topic("readings", Reading.class).partitions(2);
      readings.send(0, new Reading("a", START.minusSeconds(1_000), 1));
      readings.send(1, new Reading("a", START.minusSeconds(900), 1));
      test.run();
      // Each has seen by now what the other has committed.
      test.advanceProcessingTime(Duration.ofSeconds(3));
      assertThat(partition(test, 0).state()).isEqualTo(State.ACTIVE);
      assertThat(partition(test, 1).state()).isEqualTo(State.PAUSED);

      readings.send(0, new Reading("a", START.minusSeconds(930), 1));
      test.advanceProcessingTime(Duration.ofSeconds(3));
      assertThat(partition(test, 1).state()).isEqualTo(State.ACTIVE);
    }
  }

  private static SourcePartition partition(JobTest test, int number) {
    List<SourcePartition> partitions = test.metrics().source("readings");
    assertThat(partitions).hasSize(2);
    return partitions.get(number);
  }

  private static long sum(JobTest test, ToLongFunction<StageCounters> counter) {
    return test.metrics().stages().values().stream().mapToLong(counter).sum();
  }

  private Job job(Watermarks<Object> strategy) {
    Job job = Job.named("source-times");
    DataStream<WindowResult<String, Long>> sums =
        job.source(
                KafkaSource.json("readings", Reading.class)
                    .eventTime(Reading::at)
                    .watermarks(strategy))
            .keyBy(Reading::sensor)
            .window(Windows.tumbling(Duration.ofSeconds(10)))
            .lateTo(late)
            .sum(Reading::value);
    sums.map(WindowResult::value).to(KafkaSink.json("sums"));
    sums.sideOutput(late)
        .map(each -> each.value().value() + " " + each.reason())
        .to(KafkaSink.strings("late"));
    return job;
  }
}
