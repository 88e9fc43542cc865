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
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Copies that run take up the new partitions of a topic, though their group is alive. */
@WithBroker
final class GrownTopicOnBrokerTest {

  private static final Duration GENEROUS = Duration.ofSeconds(60);

  @TempDir Path stateDir;

  @Test
  void runningCopiesPickUpNewPartitions(TestBroker broker) throws Exception {
    String in = broker.createTopic(broker.uniqueName("words"), 1);
    String out = broker.createTopic(broker.uniqueName("counts"), 1);
    Job job = Job.named(broker.uniqueName("grown"));
    job.source(KafkaSource.strings(in))
        .keyBy(word -> word)
        .parallelism(1)
        .count()
        .to(KafkaSink.upsert(out));
    try (RunningJob first = start(broker, job, "a");
        RunningJob second = start(broker, job, "b")) {
      send(broker, in, 0, "w");
      await().atMost(GENEROUS).until(() -> count(broker, out) == 1);
      try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
        admin.createPartitions(Map.of(in, NewPartitions.increaseTo(3))).all().get();
      }
      send(broker, in, 1, "w", "w");
      send(broker, in, 2, "w");
      await().atMost(GENEROUS).until(() -> count(broker, out) >= 4);
      send(broker, in, 0, "w");
      await().atMost(GENEROUS).until(() -> count(broker, out) >= 5);
      assertThat(count(broker, out)).isEqualTo(5);
      assertThat(partitions(first) + partitions(second))
          .as("partitions that are read")
          .isEqualTo(3);
      assertThat(first.failure()).isEmpty();
      assertThat(second.failure()).isEmpty();
    }
  }

  private static int partitions(RunningJob copy) {
    return copy.metrics().sources().values().stream().mapToInt(List::size).sum();
  }

  private RunningJob start(TestBroker broker, Job job, String copy) {
    return Millrace.start(
        job,
        OneWorker.config(broker, stateDir.resolve(copy))
            .with("kafka.consumer.metadata.max.age.ms", "1000"));
  }

  private static void send(TestBroker broker, String topic, int partition, String... words) {
    broker.produce(
        topic,
        List.of(words).stream()
            .map(
                word ->
                    new ProducerRecord<byte[], byte[]>(
                        topic, partition, null, word.getBytes(StandardCharsets.UTF_8)))
            .toList());
  }

  private static long count(TestBroker broker, String topic) {
    List<ConsumerRecord<byte[], byte[]>> all = broker.consumeAll(topic);
    return all.isEmpty()
        ? 0
        : Long.parseLong(new String(all.get(all.size() - 1).value(), StandardCharsets.UTF_8));
  }
}
