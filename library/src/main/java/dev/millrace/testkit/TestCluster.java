package dev.millrace.testkit;

import dev.millrace.config.JobConfig;
import dev.millrace.internal.meta.Manifest;
import dev.millrace.internal.meta.MetaTopic;
import dev.millrace.internal.sim.SimClients;
import dev.millrace.internal.sim.SimKafka;
import dev.millrace.internal.util.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;

/**
 * The test's own access to the simulated cluster: writes input and reads what is committed.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class TestCluster {

  private final SimKafka kafka;
  private final SimClients clients;
  private final Producer<byte[], byte[]> producer;

  TestCluster(Clock clock) {
    this.kafka = new SimKafka(clock);
    this.clients = kafka.connect(JobConfig.defaults());
    this.producer = clients.plainProducer("test");
  }

  SimKafka kafka() {
    return kafka;
  }

  /** Creates a topic unless it exists. */
  void createIfMissing(String topic, int partitions) {
    kafka.createTopic(topic, partitions);
  }

  void grow(String topic, int partitions) {
    kafka.grow(topic, partitions);
  }

  Optional<Integer> partitions(String topic) {
    return kafka.partitions(topic);
  }

  void send(ProducerRecord<byte[], byte[]> record) {
    producer.send(record);
  }

  /** {@return all committed records of a topic, partition by partition} */
  List<ConsumerRecord<byte[], byte[]>> committed(String topic) {
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    List<TopicPartition> partitions = new ArrayList<>();
    for (int i = 0; i < kafka.partitions(topic).orElse(0); i++) {
      partitions.add(new TopicPartition(topic, i));
    }
    try (Consumer<byte[], byte[]> reader =
        clients.readerConsumer("test", IsolationLevel.READ_COMMITTED)) {
      for (TopicPartition partition : partitions) {
        reader.assign(List.of(partition));
        reader.seekToBeginning(List.of(partition));
        long end = reader.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
        while (reader.position(partition) < end) {
          reader.poll(Duration.ZERO).forEach(records::add);
        }
      }
    }
    return records;
  }

  /** {@return what the instances have agreed on; empty if the job has not been started} */
  Optional<Manifest> manifest(String metaTopic) {
    if (kafka.partitions(metaTopic).isEmpty()) {
      return Optional.empty();
    }
    try (MetaTopic meta = new MetaTopic(clients, metaTopic, "test-meta")) {
      meta.refresh();
      return meta.manifest();
    }
  }

  static Instant timestamp(ConsumerRecord<byte[], byte[]> record) {
    return Instant.ofEpochMilli(record.timestamp());
  }
}
