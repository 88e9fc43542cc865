package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.time.Watermarks;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A lookup as of event time on a real broker, whose two topics are read as they come. */
@WithBroker
final class TemporalJoinOnBrokerTest {

  private static final Duration GENEROUS = Duration.ofSeconds(60);
  private static final long BEGIN_MS = 1_700_000_000_000L;
  private static final int KEYS = 60;
  private static final int VERSIONS = 10;

  @TempDir Path stateDir;

  /** Values are {@code key:number}, rows {@code key=version}; every fifth version deletes one. */
  private static Job job(TestBroker broker, String stream, String rows, String out) {
    Job job = Job.named(broker.uniqueName("temporal"));
    Table<String, String> table =
        source(job, rows)
            .toTable(
                line -> line.substring(0, 3),
                line -> line.endsWith("5") ? null : line.substring(4));
    source(job, stream)
        .join(table)
        .on(value -> value.substring(0, 3))
        .parallelism(4)
        .asOfEventTime()
        .left((value, row) -> value + "+" + row)
        .to(KafkaSink.strings(out));
    return job;
  }

  private static DataStream<String> source(Job job, String topic) {
    return job.source(KafkaSource.strings(topic).watermarks(Watermarks.monotonous()));
  }

  @Test
  void eachRecordFindsTheRowOfItsTimeThoughACopyLeavesAndComesBack(TestBroker broker) {
    String stream = broker.createTopic(broker.uniqueName("stream"), 4);
    String rows = broker.createTopic(broker.uniqueName("rows"), 2);
    String out = broker.createTopic(broker.uniqueName("out"), 1);
    Job job = job(broker, stream, rows, out);
    List<String> expected = new ArrayList<>();
    try (RunningJob stays = start(broker, job, "a")) {
      try (RunningJob leaves = start(broker, job, "b")) {
        // The stream is far ahead of the table: its records wait.
        sendStream(broker, stream, 0, VERSIONS, expected);
        sendRows(broker, rows, 0, VERSIONS / 2);
        int passed = KEYS * (VERSIONS / 2 - 1);
        await().atMost(GENEROUS).until(() -> broker.consumeTexts(out).size() >= passed);
        assertThat(leaves.failure()).isEmpty();
      }
      sendRows(broker, rows, VERSIONS / 2, 2 * VERSIONS);
      try (RunningJob comesBack = start(broker, job, "b")) {
        sendStream(broker, stream, VERSIONS, 2 * VERSIONS, expected);
        finish(broker, stream, 4);
        finish(broker, rows, 2);
        await().atMost(GENEROUS).until(() -> broker.consumeTexts(out).size() >= expected.size());
        assertThat(comesBack.failure()).isEmpty();
      }
      assertThat(stays.failure()).isEmpty();
    }
    assertThat(broker.consumeTexts(out)).containsExactlyInAnyOrderElementsOf(expected);
  }

  private static String key(int number) {
    return String.valueOf(100 + number);
  }

  /** Two records of each version, at its beginning and at its end. */
  private static void sendStream(
      TestBroker broker, String topic, int from, int to, List<String> expected) {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int version = from; version < to; version++) {
      for (int half = 0; half < 2; half++) {
        for (int i = 0; i < KEYS; i++) {
          String value = key(i) + ":" + version + "." + half;
          long ms = BEGIN_MS + version * 1_000L + half * 999L;
          records.add(TestBroker.text(topic, i % 4, ms, value));
          expected.add(value + "+" + (version % 5 == 0 ? "null" : version));
        }
      }
    }
    broker.produce(topic, records);
  }

  private static void sendRows(TestBroker broker, String topic, int from, int to) {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int version = from; version < to; version++) {
      for (int i = 0; i < KEYS; i++) {
        String row = key(i) + "=" + (version % 5 == 0 ? "5" : version);
        records.add(TestBroker.text(topic, i % 2, BEGIN_MS + version * 1_000L, row));
      }
    }
    broker.produce(topic, records);
  }

  /** Moves time past everything, with records and rows of a key that none of them has. */
  private static void finish(TestBroker broker, String topic, int partitions) {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int i = 0; i < partitions; i++) {
      records.add(TestBroker.text(topic, i, BEGIN_MS + 1_000_000L, "end=end"));
    }
    broker.produce(topic, records);
  }

  private RunningJob start(TestBroker broker, Job job, String copy) {
    return OneWorker.start(broker, job, stateDir.resolve(copy));
  }
}
