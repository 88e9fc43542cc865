package dev.millrace.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Job;
import dev.millrace.Millrace;
import dev.millrace.OneWorker;
import dev.millrace.RunningJob;
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
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Records come one at a time, and aborted ones beside them: a task's position moves on without a
 * record while only its neighbours have something to commit.
 */
@WithBroker
final class QuietTaskTest {

  private static final int KEYS = 24;
  private static final int TASKS = 4;

  @TempDir Path directory;

  @Test
  void tasksOpenAgainAfterTheirNeighboursCommittedLast(TestBroker broker) throws Exception {
    String in = broker.createTopic(broker.uniqueName("quiet-in"), 2);
    String out = broker.createTopic(broker.uniqueName("quiet-out"), 2);
    Job job = Job.named(broker.uniqueName("quiet"));
    job.source(KafkaSource.strings(in))
        .keyBy(word -> word)
        .parallelism(TASKS)
        .count()
        .name("counts")
        .to(KafkaSink.upsert(out));
    JobConfig config = OneWorker.config(broker, directory);
    try (CommittedReader counts = new CommittedReader(broker, out)) {
      for (int round = 1; round <= 3; round++) {
        try (RunningJob running = Millrace.start(job, config);
            Producer<byte[], byte[]> aborting = aborting(broker, in)) {
          for (int i = 0; i < KEYS; i++) {
            String key = "key" + i;
            broker.produce(
                in,
                List.of(
                    new ProducerRecord<>(in, i % 2, null, key.getBytes(StandardCharsets.UTF_8))));
            abort(aborting, job.name() + ".counts.shuffle");
            String expected = key + "=" + round;
            Awaitility.await(expected)
                .atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(20))
                .until(() -> texts(counts.more()).contains(expected));
          }
          assertThat(running.failure()).isEmpty();
        }
      }
    }
  }

  private static Producer<byte[], byte[]> aborting(TestBroker broker, String id) {
    Producer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of(
                "bootstrap.servers",
                broker.bootstrapServers(),
                "transactional.id",
                id + "-aborting",
                "max.block.ms",
                "30000"),
            new ByteArraySerializer(),
            new ByteArraySerializer());
    producer.initTransactions();
    return producer;
  }

  private static void abort(Producer<byte[], byte[]> producer, String topic) {
    producer.beginTransaction();
    for (int partition = 0; partition < TASKS; partition++) {
      producer.send(new ProducerRecord<>(topic, partition, null, new byte[] {1, 2, 3}));
    }
    producer.flush();
    producer.abortTransaction();
  }

  private static Set<String> texts(List<ConsumerRecord<byte[], byte[]>> records) {
    Set<String> texts = new TreeSet<>();
    for (ConsumerRecord<byte[], byte[]> record : records) {
      texts.add(
          new String(record.key(), StandardCharsets.UTF_8)
              + "="
              + new String(record.value(), StandardCharsets.UTF_8));
    }
    return texts;
  }
}
