package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.time.Watermarks;
import dev.millrace.window.Windows;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A co-group and a join by sessions on a real broker, whose topics are read as they come. */
@WithBroker
final class CoGroupOnBrokerTest {

  private static final Duration GENEROUS = Duration.ofSeconds(60);
  private static final long BEGIN_MS = 1_700_000_000_000L;
  private static final int KEYS = 40;
  private static final int SESSIONS = 10;
  private static final long GAP_MS = 5_000;

  @TempDir Path stateDir;

  /** Values are {@code key:number.place}. */
  private static Job job(TestBroker broker, String left, String right, String out) {
    Job job = Job.named(broker.uniqueName("grouped"));
    KeyedStream<String, String> lefts = source(job, left);
    KeyedStream<String, String> rights = source(job, right);
    lefts
        .coGroup(rights)
        .parallelism(4)
        .within(Windows.session(Duration.ofMillis(GAP_MS)))
        .apply(
            String.class,
            (key, window, some, others, sink) -> sink.emit(some.toList() + "" + others.toList()))
        .name("grouped")
        .to(KafkaSink.strings(out));
    lefts
        .join(rights)
        .within(Windows.session(Duration.ofMillis(GAP_MS)))
        .outer((one, other) -> one + "+" + other)
        .name("joined")
        .to(KafkaSink.strings(out));
    return job;
  }

  private static KeyedStream<String, String> source(Job job, String topic) {
    return job.source(KafkaSource.strings(topic).watermarks(Watermarks.monotonous()))
        .keyBy(value -> value.substring(0, value.indexOf(':')));
  }

  @Test
  void eachSessionIsSeenOnceThoughACopyLeavesAndComesBack(TestBroker broker) {
    String left = broker.createTopic(broker.uniqueName("left"), 4);
    String right = broker.createTopic(broker.uniqueName("right"), 2);
    String out = broker.createTopic(broker.uniqueName("out"), 1);
    Job job = job(broker, left, right, out);
    List<String> expected = new ArrayList<>();
    try (RunningJob stays = start(broker, job, "a")) {
      try (RunningJob leaves = start(broker, job, "b")) {
        send(broker, left, right, 0, SESSIONS, expected);
        int passed = expected.size() * 3 / 4;
        await().atMost(GENEROUS).until(() -> broker.consumeTexts(out).size() >= passed);
        assertThat(leaves.failure()).isEmpty();
      }
      send(broker, left, right, SESSIONS, 2 * SESSIONS, expected);
      try (RunningJob comesBack = start(broker, job, "b")) {
        finish(broker, left, 4);
        finish(broker, right, 2);
        await().atMost(GENEROUS).until(() -> broker.consumeTexts(out).size() >= expected.size());
        assertThat(comesBack.failure()).isEmpty();
      }
      assertThat(stays.failure()).isEmpty();
    }
    assertThat(broker.consumeTexts(out)).containsExactlyInAnyOrderElementsOf(expected);
  }

  /** Two left records, which the right one is between; every third session has no right one. */
  private static void send(
      TestBroker broker, String left, String right, int from, int to, List<String> expected) {
    List<ProducerRecord<byte[], byte[]>> lefts = new ArrayList<>();
    List<ProducerRecord<byte[], byte[]>> rights = new ArrayList<>();
    for (int session = from; session < to; session++) {
      long ms = BEGIN_MS + session * 20_000L;
      for (int i = 0; i < KEYS; i++) {
        String value = (100 + i) + ":" + session;
        lefts.add(TestBroker.text(left, i % 4, ms, value + ".0"));
        if (session % 3 == 0) {
          expected.add("[" + value + ".0][]");
          expected.add(value + ".0+null");
        } else {
          rights.add(TestBroker.text(right, i % 2, ms + GAP_MS, value + ".1"));
          expected.add("[" + value + ".0, " + value + ".2][" + value + ".1]");
          expected.add(value + ".0+" + value + ".1");
          expected.add(value + ".2+" + value + ".1");
        }
      }
      for (int i = 0; i < KEYS && session % 3 != 0; i++) {
        lefts.add(TestBroker.text(left, i % 4, ms + 2 * GAP_MS, (100 + i) + ":" + session + ".2"));
      }
    }
    broker.produce(left, lefts);
    broker.produce(right, rights);
  }

  /** Moves time past everything, with records of a key whose session stays open. */
  private static void finish(TestBroker broker, String topic, int partitions) {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int i = 0; i < partitions; i++) {
      records.add(TestBroker.text(topic, i, BEGIN_MS + 10_000_000L, "end:"));
    }
    broker.produce(topic, records);
  }

  private RunningJob start(TestBroker broker, Job job, String copy) {
    return OneWorker.start(broker, job, stateDir.resolve(copy));
  }
}
