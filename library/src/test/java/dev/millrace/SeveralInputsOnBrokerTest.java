package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two topics that meet by key on a real broker, whose fetches come as they like. */
@WithBroker
final class SeveralInputsOnBrokerTest {

  private static final Duration GENEROUS = Duration.ofSeconds(60);
  private static final int KEYS = 2_000;

  @TempDir Path stateDir;

  @Test
  void everyPairIsThereOnceThoughACopyLeavesAndComesBack(TestBroker broker) {
    String left = broker.createTopic(broker.uniqueName("left"), 2);
    String right = broker.createTopic(broker.uniqueName("right"), 3);
    String out = broker.createTopic(broker.uniqueName("pairs"), 1);
    Job job = Job.named(broker.uniqueName("meeting"));
    TwoInputs.pairs(byNumber(job, left), byNumber(job, right))
        .name("pairs")
        .to(KafkaSink.strings(out));
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < KEYS; i++) {
      expected.add(number(i) + "l+" + number(i) + "r");
    }
    try (RunningJob stays = start(broker, job, "a")) {
      try (RunningJob leaves = start(broker, job, "b")) {
        send(broker, left, 2, "l", 0, KEYS);
        send(broker, right, 3, "r", 0, KEYS / 2);
        await().atMost(GENEROUS).until(() -> broker.consumeTexts(out).size() >= KEYS / 4);
        assertThat(leaves.failure()).isEmpty();
      }
      send(broker, right, 3, "r", KEYS / 2, KEYS);
      try (RunningJob comesBack = start(broker, job, "b")) {
        await().atMost(GENEROUS).until(() -> broker.consumeTexts(out).size() >= KEYS);
        assertThat(comesBack.failure()).isEmpty();
      }
      assertThat(stays.failure()).isEmpty();
    }
    assertThat(broker.consumeTexts(out)).containsExactlyInAnyOrderElementsOf(expected);
  }

  private static KeyedStream<String, String> byNumber(Job job, String topic) {
    return job.source(KafkaSource.strings(topic))
        .keyBy(value -> value.substring(0, 4))
        .parallelism(3);
  }

  private static String number(int i) {
    return String.valueOf(1_000 + i);
  }

  private RunningJob start(TestBroker broker, Job job, String copy) {
    return Millrace.start(
        job, OneWorker.config(broker, stateDir.resolve(copy)).with("shuffle.frame.size", "1KB"));
  }

  private static void send(
      TestBroker broker, String topic, int partitions, String side, int from, int to) {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int i = from; i < to; i++) {
      byte[] value = (number(i) + side).getBytes(StandardCharsets.UTF_8);
      records.add(new ProducerRecord<>(topic, i % partitions, null, value));
    }
    broker.produce(topic, records);
  }
}
