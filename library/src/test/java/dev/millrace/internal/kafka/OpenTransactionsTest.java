package dev.millrace.internal.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.config.JobConfig;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.internal.util.StepClock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@WithBroker
final class OpenTransactionsTest {

  private static final Duration GENEROUS = Duration.ofSeconds(30);

  /** So much longer that no transaction here ends by itself. */
  private static final String TRANSACTION_TIMEOUT = "2m";

  private final TestBroker broker;
  private final StepClock clock = new StepClock();
  private KafkaClients clients;
  private Offsets offsets;
  private OpenTransactions transactions;
  private String topic;
  private List<TopicPartition> partitions;

  OpenTransactionsTest(TestBroker broker) {
    this.broker = broker;
  }

  @BeforeEach
  void open() {
    JobConfig config =
        JobConfig.defaults()
            .with("bootstrap.servers", broker.bootstrapServers())
            .with("transaction.timeout", TRANSACTION_TIMEOUT);
    clients = new DefaultKafkaClients(config);
    offsets = new Offsets(clients.admin(), config);
    transactions = new OpenTransactions(clients, config, clock);
    topic = broker.createTopic(broker.uniqueName("open"), 2);
    partitions = List.of(new TopicPartition(topic, 0), new TopicPartition(topic, 1));
  }

  @AfterEach
  void close() {
    clients.close();
  }

  @Test
  void anOpenTransactionIsFoundWithItsOwnerAndAFinishedOneIsNot() {
    String id = broker.uniqueName("job-a");
    assertThat(transactions.on(partitions)).isEmpty();
    assertThat(transactions.on(List.of())).isEmpty();
    try (Producer<byte[], byte[]> producer = opened(id, 1)) {
      assertThat(transactions.on(partitions))
          .singleElement()
          .satisfies(
              found -> {
                assertThat(found.partition()).isEqualTo(new TopicPartition(topic, 1));
                assertThat(found.transactionalId()).contains(id);
                assertThat(found.startOffset()).isZero();
                assertThat(found.stage()).isEqualTo(OpenTransaction.Stage.OPEN);
              });
      producer.commitTransaction();
    }
    Awaitility.await().atMost(GENEROUS).until(() -> transactions.on(partitions).isEmpty());
  }

  @Test
  void fencingEndsTheTransactionAndItsOwner() {
    String id = broker.uniqueName("job-a");
    try (Producer<byte[], byte[]> producer = opened(id, 0)) {
      transactions.fence(List.of(id));
      awaitStable();
      assertThatThrownBy(producer::commitTransaction).isInstanceOf(KafkaException.class);
      producer.close(Duration.ZERO);
    }
    assertThat(broker.consumeAll(topic)).isEmpty();
  }

  @Test
  void onlyDeadOwnersOfThisJobAreFenced() {
    String prefix = broker.uniqueName("job") + "-";
    try (Producer<byte[], byte[]> dead = opened(prefix + "dead", 0);
        Producer<byte[], byte[]> live = opened(prefix + "live", 0);
        Producer<byte[], byte[]> foreign = opened(broker.uniqueName("other"), 1)) {
      assertThat(
              transactions.endAbandoned(
                  partitions, new JobIds(prefix, Set.of()), () -> Set.of(prefix + "live")))
          .containsExactly(prefix + "dead");
      assertThatThrownBy(dead::commitTransaction).isInstanceOf(KafkaException.class);
      dead.close(Duration.ZERO);
      live.commitTransaction();
      foreign.commitTransaction();
    }
    awaitStable();
    assertThat(broker.consumeAll(topic)).hasSize(2);
  }

  @Test
  void fencingDoesNotWaitForTheTransactionTimeout() {
    String prefix = broker.uniqueName("job") + "-";
    try (Producer<byte[], byte[]> dead = opened(prefix + "dead", 0)) {
      transactions.endAbandoned(partitions, new JobIds(prefix, Set.of()), Set::of);
      awaitStable();
      dead.close(Duration.ZERO);
    }
  }

  private Producer<byte[], byte[]> opened(String id, int partition) {
    Producer<byte[], byte[]> producer = clients.transactionalProducer(id, id);
    producer.initTransactions();
    producer.beginTransaction();
    send(producer, partition);
    return producer;
  }

  private void send(Producer<byte[], byte[]> producer, int partition) {
    producer.send(new ProducerRecord<>(topic, partition, new byte[] {1}, new byte[] {2}));
    producer.flush();
  }

  private void awaitStable() {
    Awaitility.await()
        .atMost(GENEROUS)
        .until(
            () -> {
              Map<TopicPartition, Long> stable =
                  offsets.ends(partitions, IsolationLevel.READ_COMMITTED);
              return stable.equals(offsets.ends(partitions, IsolationLevel.READ_UNCOMMITTED));
            });
  }
}
