package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.metrics.StageCounters;
import dev.millrace.testkit.JobTest;
import dev.millrace.testkit.TestTopic;
import dev.millrace.time.Watermarks;
import dev.millrace.window.Windows;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A producer is down for a minute and then sends what it kept, partition after partition and each
 * in order: nothing is late, in whole jobs.
 */
final class PausedSourceTest {

  record Reading(String sensor, Instant at, long value) {}

  private static final Instant START = Instant.parse("2026-03-01T12:00:00Z");
  private static final int PARTITIONS = 6;
  private static final Watermarks<Object> BOUNDED =
      Watermarks.boundedOutOfOrderness(Duration.ofSeconds(10));

  @ParameterizedTest(name = "{0} instances, {1} shuffles, idle timeout {2} s")
  @CsvSource({"1, 1, 5", "2, 1, 5", "1, 2, 5", "2, 2, 5", "2, 1, 0"})
  void nothingIsLateAfterAPause(int instances, int shuffles, int timeoutS) {
    Watermarks<Object> strategy =
        timeoutS == 0 ? BOUNDED : BOUNDED.idleness(Duration.ofSeconds(timeoutS));
    try (JobTest test =
        JobTest.builder(job(strategy, shuffles)).instances(instances).startAt(START).build()) {
      TestTopic<Reading> readings = test.topic("readings", Reading.class).partitions(PARTITIONS);
      for (int s = 0; s < 20; s++) {
        sendAll(readings, s, s + 1);
        test.advanceProcessingTime(Duration.ofSeconds(1));
      }
      test.advanceProcessingTime(Duration.ofSeconds(60));
      List<Integer> order = new ArrayList<>(List.of(0, 1, 2, 3, 4, 5));
      Collections.shuffle(order, new Random(instances * 10L + shuffles));
      for (int partition : order) {
        send(readings, partition, 20, 80);
        test.advanceProcessingTime(Duration.ofMillis(300));
      }
      sendAll(readings, 80, 100);
      test.advanceProcessingTime(Duration.ofSeconds(7));
      assertThat(late(test)).isZero();
      assertThat(test.drain("sums", String.class))
          .as("time has gone on")
          .containsExactlyInAnyOrderElementsOf(sums(0, 80));
      test.endInput();
      assertThat(late(test)).isZero();
      assertThat(test.drain("sums", String.class))
          .containsExactlyInAnyOrderElementsOf(sums(80, 100));
    }
  }

  @Test
  void aPartitionThatStaysSilentIsWaitedForOnceMoreAfterThePause() {
    try (JobTest test =
        JobTest.builder(job(BOUNDED.idleness(Duration.ofSeconds(5)), 1)).startAt(START).build()) {
      TestTopic<Reading> readings = test.topic("readings", Reading.class).partitions(PARTITIONS);
      sendAll(readings, 0, 20);
      test.advanceProcessingTime(Duration.ofSeconds(60));
      assertThat(test.drain("sums", String.class)).isEmpty();
      for (int partition = 0; partition < PARTITIONS - 1; partition++) {
        send(readings, partition, 20, 55);
      }
      test.advanceProcessingTime(Duration.ofSeconds(1));
      assertThat(test.drain("sums", String.class)).isEmpty();
      test.advanceProcessingTime(Duration.ofSeconds(4));
      assertThat(test.drain("sums", String.class)).hasSize(2 * PARTITIONS - 1);
    }
  }

  private void sendAll(TestTopic<Reading> readings, int fromS, int untilS) {
    for (int partition = 0; partition < PARTITIONS; partition++) {
      send(readings, partition, fromS, untilS);
    }
  }

  private void send(TestTopic<Reading> readings, int partition, int fromS, int untilS) {
    for (int s = fromS; s < untilS; s++) {
      readings.send(partition, new Reading("s" + partition, START.plusSeconds(s), 1));
    }
  }

  /** One reading a second of each sensor. */
  private static List<String> sums(int fromS, int untilS) {
    List<String> sums = new ArrayList<>();
    for (int s = fromS; s < untilS; s += 20) {
      for (int partition = 0; partition < PARTITIONS; partition++) {
        sums.add("s" + partition + " " + s + " 20");
      }
    }
    return sums;
  }

  private static long late(JobTest test) {
    return test.metrics().stages().values().stream().mapToLong(StageCounters::lateRecords).sum();
  }

  private static Job job(Watermarks<Object> strategy, int shuffles) {
    Job job = Job.named("paused");
    DataStream<Reading> sums =
        job.source(
                KafkaSource.json("readings", Reading.class)
                    .eventTime(Reading::at)
                    .watermarks(strategy))
            .keyBy(Reading::sensor)
            .window(Windows.tumbling(Duration.ofSeconds(20)))
            .sum(Reading::value)
            .name("first")
            .map(r -> new Reading(r.key(), r.window().start(), r.value()));
    DataStream<Reading> last =
        shuffles == 1
            ? sums
            : sums.keyBy(Reading::sensor)
                .window(Windows.tumbling(Duration.ofSeconds(20)))
                .sum(Reading::value)
                .name("second")
                .map(r -> new Reading(r.key(), r.window().start(), r.value()));
    last.map(r -> r.sensor() + " " + (r.at().getEpochSecond() - 1772366400L) + " " + r.value())
        .to(KafkaSink.strings("sums"));
    return job;
  }
}
