package dev.millrace.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.internal.kafka.ClaimingAdmin;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

@WithBroker
final class EndedTransactionsTest {

  private final TestBroker broker;

  EndedTransactionsTest(TestBroker broker) {
    this.broker = broker;
  }

  @Test
  void whatHasEndedIsLeftAlone() {
    String topic = broker.createTopic(broker.uniqueName("ended"), 2);
    String id = broker.uniqueName("id");
    List<TopicPartition> both = partitions(topic);
    try (Producer<byte[], byte[]> producer = producer(id);
        EndedTransactions ended = new EndedTransactions(admin(), id)) {
      for (int i = 0; i < 3; i++) {
        begin(producer, both);
        if (i == 1) {
          producer.abortTransaction();
        } else {
          producer.commitTransaction();
        }
        assertThat(ended.abortWhereLeftOpen(both)).isEmpty();
      }
    }
    assertThat(broker.consumeAll(topic)).hasSize(4);
  }

  @Test
  void whatIsOpenAlthoughItIsCalledCompleteIsAborted() {
    String topic = broker.createTopic(broker.uniqueName("ended"), 2);
    String id = broker.uniqueName("id");
    List<TopicPartition> both = partitions(topic);
    Admin claiming =
        ClaimingAdmin.of(admin(), Map.of(id, TransactionState.COMPLETE_COMMIT), () -> 0);
    try (Producer<byte[], byte[]> producer = producer(id);
        EndedTransactions ended = new EndedTransactions(claiming, id)) {
      begin(producer, both.subList(0, 1));
      assertThat(ended.abortWhereLeftOpen(both)).isEqualTo(Set.of(both.get(0)));
      assertThat(ended.abortWhereLeftOpen(both)).isEmpty();
      producer.commitTransaction();
    }
    assertThat(broker.consumeAll(topic)).isEmpty();
  }

  private static List<TopicPartition> partitions(String topic) {
    return List.of(new TopicPartition(topic, 0), new TopicPartition(topic, 1));
  }

  private Admin admin() {
    return Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()));
  }

  private Producer<byte[], byte[]> producer(String id) {
    Producer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", broker.bootstrapServers(), "transactional.id", id),
            new ByteArraySerializer(),
            new ByteArraySerializer());
    producer.initTransactions();
    return producer;
  }

  private static void begin(Producer<byte[], byte[]> producer, List<TopicPartition> partitions) {
    producer.beginTransaction();
    for (TopicPartition partition : partitions) {
      producer.send(
          new ProducerRecord<>(partition.topic(), partition.partition(), new byte[1], new byte[1]));
    }
    producer.flush();
  }
}
