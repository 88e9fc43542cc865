package dev.millrace.devbroker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;

/** What a client does with a broker to see that it is a whole one. */
final class RoundTrip {

  private RoundTrip() {}

  static void createTopic(String servers, String topic) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers))) {
      admin
          .createTopics(List.of(new NewTopic(topic, Optional.of(1), Optional.empty())))
          .all()
          .get();
    }
  }

  /** Does not wait for an answer: the broker is not in a state to give one. */
  static void requestTopic(String servers, String topic) {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers))) {
      admin.createTopics(List.of(new NewTopic(topic, Optional.of(1), Optional.empty())));
      admin.close(Duration.ofSeconds(5));
    }
  }

  /** Commits one transaction with the first value and aborts one with the second. */
  static void commitAndAbort(String servers, String topic, String committed, String aborted) {
    Map<String, Object> properties =
        Map.of("bootstrap.servers", servers, "transactional.id", topic + "-writer");
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer())) {
      producer.initTransactions();
      producer.beginTransaction();
      producer.send(new ProducerRecord<>(topic, committed.getBytes(UTF_8)));
      producer.commitTransaction();
      producer.beginTransaction();
      producer.send(new ProducerRecord<>(topic, aborted.getBytes(UTF_8)));
      producer.flush();
      producer.abortTransaction();
    }
  }

  /**
   * Waits until the markers of all transactions are written. The producer does not: its call
   * returns when the outcome is decided.
   */
  static void awaitMarkers(String servers, String topic) {
    Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> openRecords(servers, topic) == 0);
  }

  /** {@return how many records are behind the last stable offset, since a marker is missing} */
  static long openRecords(String servers, String topic)
      throws ExecutionException, InterruptedException {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers))) {
      // In this order, so that what is written in between counts as open.
      long stable = end(admin, topic, IsolationLevel.READ_COMMITTED);
      return end(admin, topic, IsolationLevel.READ_UNCOMMITTED) - stable;
    }
  }

  private static long end(Admin admin, String topic, IsolationLevel isolation)
      throws ExecutionException, InterruptedException {
    TopicPartition partition = new TopicPartition(topic, 0);
    return admin
        .listOffsets(Map.of(partition, OffsetSpec.latest()), new ListOffsetsOptions(isolation))
        .partitionResult(partition)
        .get()
        .offset();
  }

  /** Reads until as many records are there as expected, and compares. */
  static void assertCommitted(String servers, String topic, String... expected) {
    Map<String, Object> properties =
        Map.of("bootstrap.servers", servers, "isolation.level", "read_committed");
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      TopicPartition partition = new TopicPartition(topic, 0);
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      List<String> values = new ArrayList<>();
      Awaitility.await()
          .pollInSameThread()
          .atMost(Duration.ofSeconds(30))
          .until(
              () -> {
                for (ConsumerRecord<byte[], byte[]> record :
                    consumer.poll(Duration.ofMillis(100))) {
                  values.add(new String(record.value(), UTF_8));
                }
                return consumer.position(partition) >= lastStableOffset(consumer, partition);
              });
      assertThat(values).containsExactly(expected);
    }
  }

  private static long lastStableOffset(
      KafkaConsumer<byte[], byte[]> consumer, TopicPartition partition) {
    return consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
  }
}
