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
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A table that is grouped by what it counts, on a real broker. */
@WithBroker
final class TablesOnBrokerTest {

  private static final Duration GENEROUS = Duration.ofSeconds(60);

  @TempDir Path stateDir;

  @Test
  void theGroupsAreThoseOfABatchThoughACopyLeavesAndComesBackWithoutItsState(TestBroker broker) {
    String in = broker.createTopic(broker.uniqueName("words"), 3);
    String out = broker.createTopic(broker.uniqueName("distinct"), 1);
    Job job = Job.named(broker.uniqueName("distinct-words"));
    job.source(KafkaSource.strings(in))
        .keyBy(word -> word)
        .parallelism(4)
        .count()
        .groupBy((word, count) -> count)
        .parallelism(2)
        .count()
        .to(KafkaSink.upsert(out));
    long seed = ThreadLocalRandom.current().nextLong(1_000_000);
    List<String> words = words(seed);
    Map<String, String> expected = distinct(words);
    try (RunningJob stays = start(broker, job, "a")) {
      try (RunningJob leaves = start(broker, job, "b")) {
        send(broker, in, words.subList(0, words.size() / 2));
        await().atMost(GENEROUS).until(() -> !broker.consumeTable(out).isEmpty());
        assertThat(leaves.failure()).isEmpty();
      }
      send(broker, in, words.subList(words.size() / 2, words.size()));
      try (RunningJob comesBack = start(broker, job, "c")) {
        await().atMost(GENEROUS).until(() -> broker.consumeTable(out).equals(expected));
        assertThat(comesBack.failure()).isEmpty();
      }
      assertThat(stays.failure()).isEmpty();
      assertThat(stays.metrics().stages().values())
          .allSatisfy(stage -> assertThat(stage.unmatchedRetractions()).isZero());
    }
    assertThat(broker.consumeTable(out)).as("seed %d", seed).isEqualTo(expected);
  }

  /** Some words are frequent, and most are rare. */
  private static List<String> words(long seed) {
    Random random = new Random(seed);
    List<String> words = new ArrayList<>();
    for (int i = 0; i < 3_000; i++) {
      words.add("w" + (int) Math.pow(300, random.nextDouble()));
    }
    Collections.shuffle(words, random);
    return words;
  }

  /** How many distinct words have each count. */
  private static Map<String, String> distinct(List<String> words) {
    Map<Long, Long> distinct =
        words.stream()
            .collect(Collectors.groupingBy(word -> word, Collectors.counting()))
            .values()
            .stream()
            .collect(Collectors.groupingBy(count -> count, Collectors.counting()));
    Map<String, String> shown = new TreeMap<>();
    distinct.forEach((count, number) -> shown.put(count.toString(), number.toString()));
    return shown;
  }

  private static void send(TestBroker broker, String topic, List<String> words) {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int i = 0; i < words.size(); i++) {
      records.add(
          new ProducerRecord<>(topic, i % 3, null, words.get(i).getBytes(StandardCharsets.UTF_8)));
    }
    broker.produce(topic, records);
  }

  private RunningJob start(TestBroker broker, Job job, String copy) {
    return OneWorker.start(broker, job, stateDir.resolve(copy));
  }
}
