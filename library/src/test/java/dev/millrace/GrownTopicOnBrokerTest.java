package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.config.JobConfig;
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

/** A copy that starts beside a running one takes up new partitions, though the group is alive. */
@WithBroker
final class GrownTopicOnBrokerTest {

  private static final Duration GENEROUS = Duration.ofSeconds(60);

  @TempDir Path stateDir;

  @Test
  void aCopyStartedBesideARunningOnePicksUpNewPartitions(TestBroker broker) throws Exception {
    String in = broker.createTopic(broker.uniqueName("words"), 1);
    String out = broker.createTopic(broker.uniqueName("counts"), 1);
    Job job = Job.named(broker.uniqueName("grown"));
    job.source(KafkaSource.strings(in))
        .keyBy(word -> word)
        .parallelism(1)
        .count()
        .to(KafkaSink.upsert(out));
    try (RunningJob first = start(broker, job, "a")) {
      send(broker, in, 0, "w");
      await().atMost(GENEROUS).until(() -> count(broker, out) == 1);
      try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
        admin.createPartitions(Map.of(in, NewPartitions.increaseTo(2))).all().get();
      }
      send(broker, in, 1, "w", "w");
      try (RunningJob second = start(broker, job, "b")) {
        send(broker, in, 0, "w");
        // Whichever has partition 0; partition 1 is read if the new copy has it.
        await().atMost(GENEROUS).until(() -> count(broker, out) >= 2);
        first.close();
        await().atMost(GENEROUS).until(() -> count(broker, out) == 4);
        assertThat(second.failure()).isEmpty();
      }
      assertThat(first.failure()).isEmpty();
    }
  }

  private RunningJob start(TestBroker broker, Job job, String copy) {
    return Millrace.start(
        job,
        JobConfig.defaults()
            .with("bootstrap.servers", broker.bootstrapServers())
            .with("workers", "1")
            .with("state.dir", stateDir.resolve(copy).toString()));
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
