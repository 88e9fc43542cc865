package dev.millrace.internal.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.config.JobConfig;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@WithBroker
final class OffsetsTest {

  private final TestBroker broker;
  private KafkaClients clients;
  private Offsets offsets;

  OffsetsTest(TestBroker broker) {
    this.broker = broker;
  }

  @BeforeEach
  void open() {
    JobConfig config = JobConfig.defaults().with("bootstrap.servers", broker.bootstrapServers());
    clients = new DefaultKafkaClients(config);
    offsets = new Offsets(clients.admin(), config);
  }

  @AfterEach
  void close() {
    clients.close();
  }

  @Test
  void offsetsFollowIsolationAndDeletion() {
    String name = broker.createTopic(broker.uniqueName("offsets"), 1);
    TopicPartition partition = new TopicPartition(name, 0);
    broker.produce(name, List.of(record(name), record(name), record(name)));
    try (Producer<byte[], byte[]> producer =
        clients.transactionalProducer(broker.uniqueName("t"), "p")) {
      producer.initTransactions();
      producer.beginTransaction();
      producer.send(record(name));
      producer.flush();
      List<TopicPartition> one = List.of(partition);
      assertThat(offsets.ends(one, IsolationLevel.READ_COMMITTED)).containsValue(3L);
      assertThat(offsets.ends(one, IsolationLevel.READ_UNCOMMITTED)).containsValue(4L);
      producer.commitTransaction();
    }
    offsets.deleteBefore(Map.of(partition, 2L));
    assertThat(offsets.beginnings(List.of(partition))).containsEntry(partition, 2L);
    assertThat(offsets.beginnings(List.of())).isEmpty();
  }

  /** Whoever asks for the health of a job gets this sentence while Kafka is away. */
  @Test
  void whatFailsNamesTopicsAndNotAllOfTheirPartitions() {
    String name = broker.createTopic(broker.uniqueName("offsets"), 3);
    Map<TopicPartition, Long> beyondTheEnd = new HashMap<>();
    for (int i = 0; i < 3; i++) {
      beyondTheEnd.put(new TopicPartition(name, i), 99L);
    }
    assertThatThrownBy(() -> offsets.deleteBefore(beyondTheEnd))
        .hasMessageStartingWith("Cannot delete consumed records of " + name + " (3 partitions): ");
  }

  private static ProducerRecord<byte[], byte[]> record(String topic) {
    return new ProducerRecord<>(topic, new byte[] {1}, new byte[] {2});
  }
}
