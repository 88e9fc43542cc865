package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.connector.KafkaSource;
import dev.millrace.time.Watermarks;
import dev.millrace.window.Windows;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * A partition without records that windows wait for in vain is named in the log, with the remedy.
 */
final class HeldTimeTest {

  private static final Instant START = Instant.parse("2026-03-01T12:00:00Z");
  private static final Watermarks<Object> NEVER_IDLE = Watermarks.monotonous();

  record Reading(String sensor, Instant at) {}

  private static DataStream<Reading> readings(
      Job job, String topic, Watermarks<Object> watermarks) {
    return job.source(
        KafkaSource.json(topic, Reading.class).eventTime(Reading::at).watermarks(watermarks));
  }

  private static void count(String name, DataStream<Reading> readings) {
    readings
        .keyBy(Reading::sensor)
        .window(Windows.tumbling(Duration.ofSeconds(1)))
        .count()
        .name(name)
        .to(TestSink.collect());
  }

  private static Job job(Watermarks<Object> watermarks) {
    Job job = Job.named("held");
    count("counts", readings(job, "readings", watermarks));
    return job;
  }

  @Test
  void aPartitionWithoutRecordsIsNamedOnceAndThenRarely() {
    try (JobTest test = JobTest.builder(job(NEVER_IDLE)).startAt(START).build()) {
      send(test.topic("readings", Reading.class).partitions(3), 0, 2);
      assertThat(warnings(test, Duration.ofSeconds(50))).isEmpty();
      assertThat(warnings(test, Duration.ofSeconds(30)))
          .singleElement()
          .asString()
          .contains("partitions=[1]", "topic=readings", ".idleness(Duration.ofSeconds(30))");
      assertThat(warnings(test, Duration.ofMinutes(50))).isEmpty();
      assertThat(warnings(test, Duration.ofMinutes(20))).hasSize(1);
    }
  }

  @Test
  void aRecordInTimeIsWaitedForInSilence() {
    try (JobTest test = JobTest.builder(job(NEVER_IDLE)).startAt(START).build()) {
      TestTopic<Reading> topic = test.topic("readings", Reading.class).partitions(2);
      send(topic, 0);
      assertThat(warnings(test, Duration.ofSeconds(50))).isEmpty();
      send(topic, 1);
      assertThat(warnings(test, Duration.ofMinutes(10))).isEmpty();
    }
  }

  @Test
  void nothingIsHeldIfNoTimeMovesOrSilenceIsAgreedOn() {
    try (JobTest test = JobTest.builder(job(NEVER_IDLE)).startAt(START).build()) {
      test.topic("readings", Reading.class).partitions(2);
      assertThat(warnings(test, Duration.ofMinutes(10))).isEmpty();
    }
    Job job = job(NEVER_IDLE.idleness(Duration.ofMinutes(5)));
    try (JobTest test = JobTest.builder(job).startAt(START).build()) {
      send(test.topic("readings", Reading.class).partitions(2), 0);
      assertThat(warnings(test, Duration.ofMinutes(10))).isEmpty();
    }
  }

  @Test
  void aPartitionOfAnotherInstanceThatMovesTimeCounts() {
    try (JobTest test = JobTest.builder(job(NEVER_IDLE)).instances(2).startAt(START).build()) {
      send(test.topic("readings", Reading.class).partitions(2), 0);
      assertThat(warnings(test, Duration.ofSeconds(80))).hasSize(1);
    }
  }

  @Test
  void aTopicIsWaitedForByThoseItIsUnitedWith() {
    Job job = Job.named("held");
    count("counts", readings(job, "readings", NEVER_IDLE).union(readings(job, "more", NEVER_IDLE)));
    count("other-counts", readings(job, "others", NEVER_IDLE));
    try (JobTest test = JobTest.builder(job).startAt(START).build()) {
      send(test.topic("readings", Reading.class), 0);
      assertThat(warnings(test, Duration.ofSeconds(80)))
          .singleElement()
          .asString()
          .contains("partitions=[0]", "topic=more");
    }
  }

  private static void send(TestTopic<Reading> topic, int... partitions) {
    for (int partition : partitions) {
      topic.send(partition, new Reading("a", START), new Reading("a", START.plusSeconds(5)));
    }
  }

  /** The lines about held time that are logged while some time passes. */
  private static List<String> warnings(JobTest test, Duration time) {
    return Logged.lines("hold event time back", () -> test.advanceProcessingTime(time));
  }
}
