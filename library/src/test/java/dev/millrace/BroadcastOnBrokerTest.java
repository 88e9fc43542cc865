package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.admin.JobStatus;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.connector.KafkaTable;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tables that every instance has, one of a topic and one that the job makes, on a real broker: rows
 * are put, replaced and deleted while a copy starts later, leaves and comes back.
 */
@WithBroker
final class BroadcastOnBrokerTest {

  private static final Duration GENEROUS = Duration.ofSeconds(60);
  private static final int KEYS = 50;
  private static final int PARTITIONS = 4;

  @TempDir Path stateDir;

  private int rounds;

  /** Values are {@code key:round}; results add the row of the topic, and how often it was put. */
  private static Job job(TestBroker broker, String in, String rows, String out) {
    Job job = Job.named(broker.uniqueName("broadcast"));
    Table<String, String> ofTopic = job.table(KafkaTable.strings(rows, String.class));
    Table<String, Long> made =
        job.source(KafkaSource.strings(rows))
            .name("puts")
            .keyBy(row -> row.substring(0, 3))
            .count();
    job.source(KafkaSource.strings(in))
        .join(ofTopic.broadcast())
        .on(value -> value.substring(0, 3))
        .left((value, row) -> value + "+" + row)
        .join(made.broadcast())
        .on(value -> value.substring(0, 3))
        .left((value, puts) -> value + "+" + puts)
        .to(KafkaSink.strings(out));
    return job;
  }

  @Test
  void everyCopyHasTheRowsOfNow(TestBroker broker) {
    String in = broker.createTopic(broker.uniqueName("in"), PARTITIONS);
    String rows = broker.createTopic(broker.uniqueName("rows"), 2);
    String out = broker.createTopic(broker.uniqueName("out"), 1);
    Job job = job(broker, in, rows, out);
    put(broker, rows, "1");
    try (RunningJob first = start(broker, job, "a")) {
      untilAllFind(broker, in, out, "1", 1);
      assertThat(broker.consumeTexts(out))
          .as("what stood in the topic at the start is there for the first record")
          .allSatisfy(line -> assertThat(line).contains("+" + row(line, "1") + "+"));
      put(broker, rows, "2");
      try (RunningJob later = start(broker, job, "b")) {
        untilAllFind(broker, in, out, "2", 2);
        put(broker, rows, null);
        untilAllFind(broker, in, out, null, 2);
        awaitTables(broker, job, 2);
        assertThat(later.failure()).isEmpty();
      }
      put(broker, rows, "3");
      try (RunningJob comesBack = start(broker, job, "b")) {
        untilAllFind(broker, in, out, "3", 3);
        assertThat(comesBack.failure()).isEmpty();
      }
      assertThat(first.failure()).isEmpty();
      assertThat(threads()).contains(job.name() + "-tables");
    }
    assertThat(threads()).doesNotContain(job.name() + "-tables");
    Map<String, Integer> times = new TreeMap<>();
    broker
        .consumeTexts(out)
        .forEach(line -> times.merge(line.substring(0, line.indexOf('+')), 1, Integer::sum));
    assertThat(times).hasSize(rounds * KEYS);
    assertThat(times.values()).as("each record has one result").containsOnly(1);
  }

  private static List<String> threads() {
    return Thread.getAllStackTraces().keySet().stream().map(Thread::getName).toList();
  }

  private static String key(int number) {
    return String.valueOf(100 + number);
  }

  private static void put(TestBroker broker, String topic, @Nullable String version) {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int i = 0; i < KEYS; i++) {
      byte[] row = version == null ? null : utf8(key(i) + "=" + version);
      records.add(new ProducerRecord<>(topic, i % 2, utf8(key(i)), row));
    }
    broker.produce(topic, records);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Sends records of all keys, again and again, until all of a round find these rows. */
  private void untilAllFind(
      TestBroker broker, String in, String out, @Nullable String version, int puts) {
    await()
        .atMost(GENEROUS)
        .until(
            () -> {
              int round = rounds++;
              List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
              for (int i = 0; i < KEYS; i++) {
                byte[] value = utf8(key(i) + ":" + round);
                records.add(new ProducerRecord<>(in, i % PARTITIONS, null, value));
              }
              broker.produce(in, records);
              await()
                  .atMost(GENEROUS)
                  .until(() -> broker.consumeTexts(out).size() >= rounds * KEYS);
              return broker.consumeTexts(out).stream()
                  .filter(line -> line.contains(":" + round + "+"))
                  .allMatch(line -> line.endsWith("+" + row(line, version) + "+" + puts));
            });
  }

  private static String row(String line, @Nullable String version) {
    return version == null ? "null" : line.substring(0, 3) + "=" + version;
  }

  private void awaitTables(TestBroker broker, Job job, int copies) {
    try (JobAdmin admin = JobAdmin.connect(config(broker, "admin"))) {
      await()
          .atMost(GENEROUS)
          .untilAsserted(
              () -> {
                List<JobStatus.Instance> alive = admin.status(job.name()).aliveInstances();
                assertThat(alive).hasSize(copies);
                assertThat(alive)
                    .allSatisfy(
                        copy ->
                            assertThat(
                                    copy.tables().stream()
                                        .filter(JobStatus.Table::loaded)
                                        .map(table -> table.rows() + " " + table.lag())
                                        .collect(Collectors.toSet()))
                                .containsExactlyInAnyOrder("0 0", KEYS + " 0"));
              });
    }
  }

  private JobConfig config(TestBroker broker, String copy) {
    return OneWorker.config(broker, stateDir.resolve(copy)).with("status.interval", "500ms");
  }

  private RunningJob start(TestBroker broker, Job job, String copy) {
    return Millrace.start(job, config(broker, copy));
  }
}
