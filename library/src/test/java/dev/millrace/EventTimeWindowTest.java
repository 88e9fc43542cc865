package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.time.Watermarks;
import dev.millrace.window.Windows;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Event time through a shuffle on a real broker. */
@WithBroker
final class EventTimeWindowTest {

  record Reading(String sensor, long atMs, long value) {}

  @TempDir Path stateDir;

  @Test
  void aWindowClosesBecauseTimePassedWithoutARecordOfItsKey(TestBroker broker) throws Exception {
    String in = broker.createTopic(broker.uniqueName("readings"), 1);
    String out = broker.createTopic(broker.uniqueName("sums"), 1);
    try (RunningJob ignored = start(broker, in, out, "any", 4)) {
      send(broker, in, 0, reading("a", 1_000, 5), reading("a", 9_999, 2));
      // Another key's record moves time past the end of a's window.
      send(broker, in, 0, reading("b", 10_000, 1));
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(() -> assertThat(broker.consumeTexts(out)).containsExactly("a@0=7"));
    }
  }

  @Test
  void anIdlePartitionHoldsNothingBack(TestBroker broker) throws Exception {
    String in = broker.createTopic(broker.uniqueName("readings"), 2);
    String out = broker.createTopic(broker.uniqueName("sums"), 1);
    try (RunningJob ignored = start(broker, in, out, "idle", 2)) {
      send(broker, in, 0, reading("a", 1_000, 5), reading("b", 20_000, 1));
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(() -> assertThat(broker.consumeTexts(out)).containsExactly("a@0=5"));
    }
  }

  @Test
  void aRestartNeitherForgetsNorRepeatsWindows(TestBroker broker) throws Exception {
    String in = broker.createTopic(broker.uniqueName("readings"), 3);
    String out = broker.createTopic(broker.uniqueName("sums"), 2);
    String name = broker.uniqueName("windows");
    Random random = new Random(7);
    Map<String, Long> expected = new HashMap<>();
    for (int round = 0; round < 4; round++) {
      List<Reading> readings = new ArrayList<>();
      for (int i = 0; i < 2_000; i++) {
        long at = round * 60_000L + random.nextInt(60_000);
        Reading reading = reading("s" + random.nextInt(50), at, 1 + random.nextInt(9));
        expected.merge(reading.sensor() + "@" + at / 10_000 * 10_000, reading.value(), Long::sum);
        readings.add(reading);
      }
      for (int partition = 0; partition < 3; partition++) {
        final int of = partition;
        send(
            broker,
            in,
            partition,
            readings.stream()
                .filter(reading -> Math.floorMod(reading.hashCode(), 3) == of)
                .toArray(Reading[]::new));
      }
      // Out of order by up to a minute, which the bound allows: nothing may be late.
      try (RunningJob running = start(broker, in, out, name, 4)) {
        await()
            .atMost(Duration.ofSeconds(30))
            .until(() -> running.metrics().stage(in).recordsIn() >= 2_000);
        assertThat(running.metrics().stages().values())
            .allSatisfy(counters -> assertThat(counters.lateRecords()).isZero());
      }
    }
    // Past everything, so that the last windows close.
    for (int partition = 0; partition < 3; partition++) {
      send(broker, in, partition, reading("end", 10_000_000, 0));
    }
    try (RunningJob ignored = start(broker, in, out, name, 4)) {
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(() -> assertThat(broker.consumeTexts(out)).hasSize(expected.size()));
    }
    List<String> wanted =
        expected.entrySet().stream().map(each -> each.getKey() + "=" + each.getValue()).toList();
    assertThat(broker.consumeTexts(out)).containsExactlyInAnyOrderElementsOf(wanted);
  }

  private RunningJob start(TestBroker broker, String in, String out, String name, int tasks) {
    Job job = Job.named(name.startsWith("windows") ? name : broker.uniqueName(name));
    job.source(
            KafkaSource.json(in, Reading.class)
                .eventTime(reading -> Instant.ofEpochMilli(reading.atMs()))
                .watermarks(
                    Watermarks.boundedOutOfOrderness(
                            name.startsWith("windows") ? Duration.ofSeconds(60) : Duration.ZERO)
                        .idleness(Duration.ofSeconds(1))))
        .keyBy(Reading::sensor)
        .parallelism(tasks)
        .window(Windows.tumbling(Duration.ofSeconds(10)))
        .sum(Reading::value)
        .name("sums")
        .map(r -> r.key() + "@" + r.window().start().toEpochMilli() + "=" + r.value())
        .to(KafkaSink.strings(out));
    return Millrace.start(
        job,
        JobConfig.defaults()
            .with("bootstrap.servers", broker.bootstrapServers())
            .with("state.dir", stateDir.toString()));
  }

  private static Reading reading(String sensor, long atMs, long value) {
    return new Reading(sensor, atMs, value);
  }

  private static void send(TestBroker broker, String topic, int partition, Reading... readings) {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (Reading reading : readings) {
      String json =
          "{\"sensor\":\""
              + reading.sensor()
              + "\",\"atMs\":"
              + reading.atMs()
              + ",\"value\":"
              + reading.value()
              + "}";
      records.add(
          new ProducerRecord<>(topic, partition, null, json.getBytes(StandardCharsets.UTF_8)));
    }
    broker.produce(topic, records);
  }
}
