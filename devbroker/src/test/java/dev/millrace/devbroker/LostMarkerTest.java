package dev.millrace.devbroker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A fault of Kafka 4.3.0 to 4.4.0 that tests with killed brokers have to know (KAFKA-20734): the
 * coordinator takes a partition without a leader for a deleted one. It completes a transaction
 * without that partition's marker, and the producer's next transaction there decides on both.
 *
 * <p>Where these tests fail after an upgrade, the fault is mended: delete them, what OPERATIONS.md
 * says of it, and the wait for markers in {@link RoundTrip}.
 */
@Tag("slow")
final class LostMarkerTest {

  private static final int NODES = 3;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static ChildCluster kafka;
  private static Admin admin;

  @BeforeAll
  static void start() {
    kafka = ChildCluster.start(ChildOptions.of(BrokerOptions.threeNodes()));
    admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()));
  }

  @AfterAll
  static void stop() {
    admin.close();
    kafka.close();
  }

  @Test
  void theNextCommitShowsAnAbortedRecord() throws Exception {
    try (KafkaProducer<byte[], byte[]> producer = producer("aborted")) {
      sendAndLoseTheLeader(producer, "aborted", "unseen");
      producer.abortTransaction();
      bringBackWhenIts("aborted", TransactionState.COMPLETE_ABORT);
      send(producer, "aborted", "seen");
      producer.commitTransaction();
      RoundTrip.awaitMarkers(kafka.bootstrapServers(), "aborted");
      RoundTrip.assertCommitted(kafka.bootstrapServers(), "aborted", "unseen", "seen");
    }
  }

  @Test
  void theNextAbortTakesACommittedRecordAway() throws Exception {
    try (KafkaProducer<byte[], byte[]> producer = producer("committed")) {
      sendAndLoseTheLeader(producer, "committed", "seen");
      producer.commitTransaction();
      bringBackWhenIts("committed", TransactionState.COMPLETE_COMMIT);
      send(producer, "committed", "unseen");
      producer.abortTransaction();
      RoundTrip.awaitMarkers(kafka.bootstrapServers(), "committed");
      RoundTrip.assertCommitted(kafka.bootstrapServers(), "committed");
    }
  }

  private static KafkaProducer<byte[], byte[]> producer(String id) {
    return new KafkaProducer<>(
        Map.of("bootstrap.servers", kafka.bootstrapServers(), "transactional.id", id),
        new ByteArraySerializer(),
        new ByteArraySerializer());
  }

  private static void send(KafkaProducer<byte[], byte[]> producer, String topic, String value) {
    producer.beginTransaction();
    producer.send(new ProducerRecord<>(topic, value.getBytes(UTF_8)));
    producer.flush();
  }

  /** Makes a topic with one replica, apart from the coordinator, which is to live on. */
  private static void sendAndLoseTheLeader(
      KafkaProducer<byte[], byte[]> producer, String name, String value) throws Exception {
    producer.initTransactions();
    int leader = (transaction(name).coordinatorId() + 1) % NODES;
    NewTopic topic =
        new NewTopic(name, Map.of(0, List.of(leader))).configs(Map.of("min.insync.replicas", "1"));
    admin.createTopics(List.of(topic)).all().get();
    send(producer, name, value);
    kafka.kill(leader);
    Awaitility.await().atMost(PATIENCE).until(() -> !hasLeader(name));
  }

  private static void bringBackWhenIts(String name, TransactionState state)
      throws ExecutionException, InterruptedException {
    Awaitility.await().atMost(PATIENCE).until(() -> transaction(name).state() == state);
    for (int node = 0; node < NODES; node++) {
      if (!kafka.isAlive(node)) {
        kafka.restart(node);
      }
    }
    Awaitility.await().atMost(PATIENCE).until(() -> hasLeader(name));
    assertThat(RoundTrip.openRecords(kafka.bootstrapServers(), name)).isPositive();
  }

  private static TransactionDescription transaction(String id)
      throws ExecutionException, InterruptedException {
    return admin.describeTransactions(List.of(id)).description(id).get();
  }

  private static boolean hasLeader(String topic) throws ExecutionException, InterruptedException {
    Node leader =
        admin
            .describeTopics(List.of(topic))
            .allTopicNames()
            .get()
            .get(topic)
            .partitions()
            .get(0)
            .leader();
    return leader != null && !leader.isEmpty();
  }
}
