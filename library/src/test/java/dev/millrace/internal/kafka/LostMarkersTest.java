package dev.millrace.internal.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.apache.kafka.clients.admin.TransactionState.COMPLETE_ABORT;
import static org.apache.kafka.clients.admin.TransactionState.COMPLETE_COMMIT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.config.JobConfig;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.internal.util.StepClock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Transactions whose coordinator says that they are complete, while partitions have no marker.
 *
 * <p>The coordinator's answer is made up here, as a broker leaves markers out only when it loses a
 * partition's leader; {@code OutageTest} has it happen. What is written is real.
 */
@WithBroker
final class LostMarkersTest {

  private static final Duration GENEROUS = Duration.ofSeconds(30);

  private final TestBroker broker;
  private final Map<String, TransactionState> claimed = new HashMap<>();
  private DefaultKafkaClients clients;
  private Offsets offsets;
  private OpenTransactions transactions;
  private String topic;
  private String prefix;
  private List<TopicPartition> partitions;

  /** By how many ends of transactions the coordinator is ahead of the records. */
  private int endsSince = 1;

  LostMarkersTest(TestBroker broker) {
    this.broker = broker;
  }

  @BeforeEach
  void open() {
    JobConfig config = JobConfig.defaults().with("bootstrap.servers", broker.bootstrapServers());
    clients = new DefaultKafkaClients(config);
    offsets = new Offsets(clients.admin(), config);
    transactions =
        new OpenTransactions(
            ClaimingAdmin.of(clients.admin(), claimed, () -> endsSince),
            clients::writeCommitMarkers,
            config,
            new StepClock());
    topic = broker.createTopic(broker.uniqueName("unmarked"), 2);
    prefix = broker.uniqueName("job") + "-";
    partitions = List.of(new TopicPartition(topic, 0), new TopicPartition(topic, 1));
  }

  @AfterEach
  void close() {
    clients.close();
  }

  @Test
  void aCommittedTransactionIsCommittedWhereItHasNoMarker() {
    try (Producer<byte[], byte[]> producer = begun(prefix + "a", "kept", 0, 1)) {
      claimed.put(prefix + "a", COMPLETE_COMMIT);
      assertThat(transactions.prepareToFence(prefix + "a", Set.of(topic), List.of())).isTrue();
      assertThat(openAfter()).isZero();
      assertThat(values()).containsExactly("kept", "kept");
      producer.close(Duration.ZERO);
    }
  }

  @Test
  void anAbortedTransactionIsAbortedWhereItHasNoMarker() {
    try (Producer<byte[], byte[]> producer = begun(prefix + "a", "lost", 0, 1)) {
      claimed.put(prefix + "a", COMPLETE_ABORT);
      assertThat(transactions.prepareToFence(prefix + "a", Set.of(topic), List.of())).isTrue();
      assertThat(openAfter()).isZero();
      assertThat(values()).isEmpty();
      producer.close(Duration.ZERO);
    }
  }

  /** Who took its owner for dead has fenced it between two transactions. */
  @Test
  void whatItsOwnerKnowsIsCommittedThoughTheCoordinatorHasForgottenIt() {
    try (Producer<byte[], byte[]> producer = begun(prefix + "a", "kept", 0, 1)) {
      KnownCommits known = transactions.commitsFromNow(prefix + "a").another();
      claimed.put(prefix + "a", TransactionState.EMPTY);
      endsSince = 2;
      assertThat(transactions.prepareToFence(prefix + "a", Set.of(topic), List.of(), known))
          .isTrue();
      assertThat(openAfter()).isZero();
      assertThat(values()).containsExactly("kept", "kept");
      producer.close(Duration.ZERO);
    }
  }

  @Test
  void whoeverWaitsForAPartitionCompletesItsTransactionsOfThisJobOnly() {
    try (Producer<byte[], byte[]> own = begun(prefix + "a", "kept", 0);
        Producer<byte[], byte[]> foreign = begun(broker.uniqueName("other"), "foreign", 1)) {
      claimed.put(prefix + "a", COMPLETE_COMMIT);
      assertThat(transactions.on(partitions)).hasSize(2);
      assertThat(transactions.endAbandoned(partitions, ids(), () -> Set.of(prefix + "a")))
          .isEmpty();
      assertThat(openAfter()).isEqualTo(1);
      assertThat(values()).containsExactly("kept");
      own.close(Duration.ZERO);
      foreign.commitTransaction();
    }
  }

  /** It might have begun since: the marker would end that transaction instead. */
  @Test
  void recordsOfTheNextTransactionAreLeftAlone() {
    endsSince = 0;
    try (Producer<byte[], byte[]> producer = begun(prefix + "a", "undecided", 0)) {
      claimed.put(prefix + "a", COMPLETE_COMMIT);
      assertThat(transactions.prepareToFence(prefix + "a", Set.of(topic), List.of())).isTrue();
      assertThat(openAfter()).isEqualTo(1);
      producer.abortTransaction();
    }
  }

  @Test
  void aTransactionThatIsOpenOrUnknownNeedsNoMarker() {
    assertThat(transactions.prepareToFence(prefix + "new", Set.of(topic), partitions)).isTrue();
    try (Producer<byte[], byte[]> producer = begun(prefix + "a", "kept", 0)) {
      assertThat(transactions.prepareToFence(prefix + "a", Set.of(topic), partitions)).isTrue();
      assertThat(openAfter()).isEqualTo(1);
      producer.commitTransaction();
    }
  }

  @Test
  void aDecisionWhoseMarkersAreOnTheirWayIsWaitedFor() {
    try (Producer<byte[], byte[]> producer = begun(prefix + "a", "kept", 0)) {
      claimed.put(prefix + "a", TransactionState.PREPARE_COMMIT);
      assertThat(transactions.prepareToFence(prefix + "a", Set.of(topic), List.of())).isFalse();
      producer.commitTransaction();
    }
  }

  /** The transaction that is open there is another one by now. */
  @Test
  void brokersRefuseAMarkerOfTheTransactionBeforeTheOneThatIsOpen() throws Exception {
    try (Producer<byte[], byte[]> producer = begun(prefix + "a", "first", 0)) {
      producer.commitTransaction();
      producer.beginTransaction();
      producer.send(new ProducerRecord<>(topic, 0, null, "second".getBytes(UTF_8)));
      producer.flush();
      CommitMarker now = markerOf(partitions.get(0));
      CommitMarker before =
          new CommitMarker(
              now.partition(), now.producerId(), now.producerEpoch() - 1, now.coordinatorEpoch());
      Node leader =
          clients
              .admin()
              .describeTopics(List.of(topic))
              .topicNameValues()
              .get(topic)
              .get()
              .partitions()
              .get(0)
              .leader();
      assertThatThrownBy(() -> clients.writeCommitMarkers(leader, List.of(before)))
          .hasCauseInstanceOf(InvalidProducerEpochException.class);
      assertThat(openAfter()).isEqualTo(1);
      assertThat(values()).containsExactly("first");
      producer.abortTransaction();
    }
    Awaitility.await().atMost(GENEROUS).until(() -> openAfter() == 0);
    assertThat(values()).containsExactly("first");
  }

  /** All records of an epoch are of one transaction, and it is the one before the present epoch. */
  @Test
  void anEpochGrowsByOneWithEachEndByItsOwner() throws Exception {
    try (Producer<byte[], byte[]> producer = begun(prefix + "a", "first", 0)) {
      int epoch = markerOf(partitions.get(0)).producerEpoch();
      producer.commitTransaction();
      awaitState(COMPLETE_COMMIT);
      assertThat(describe(prefix + "a").producerEpoch()).isEqualTo(epoch + 1);
      producer.beginTransaction();
      producer.send(new ProducerRecord<>(topic, 0, null, "second".getBytes(UTF_8)));
      producer.flush();
      assertThat(markerOf(partitions.get(0)).producerEpoch()).isEqualTo(epoch + 1);
      producer.abortTransaction();
      awaitState(COMPLETE_ABORT);
      assertThat(describe(prefix + "a").producerEpoch()).isEqualTo(epoch + 2);
    }
  }

  private void awaitState(TransactionState state) {
    Awaitility.await().atMost(GENEROUS).until(() -> describe(prefix + "a").state() == state);
  }

  @Test
  void whoeverStartsCompletesTheTransactionsOfTheJobInItsTopics() {
    try (Producer<byte[], byte[]> own = begun(prefix + "a", "kept", 0);
        Producer<byte[], byte[]> foreign = begun(broker.uniqueName("other"), "foreign", 1)) {
      claimed.put(prefix + "a", COMPLETE_COMMIT);
      assertThat(transactions.complete(Set.of(topic, "none"), ids())).isTrue();
      assertThat(openAfter()).isEqualTo(1);
      assertThat(values()).containsExactly("kept");
      own.close(Duration.ZERO);
      foreign.commitTransaction();
    }
  }

  /** Nobody knows whether they live: they are in no group. */
  @Test
  void idsThatAreNoWorkersAreCompletedAndNotFenced() {
    JobIds ids = new JobIds(prefix + "worker-", Set.of(prefix + "replay", prefix + "bootstrap"));
    try (Producer<byte[], byte[]> complete = begun(prefix + "bootstrap", "kept", 0);
        Producer<byte[], byte[]> open = begun(prefix + "replay", "open", 1)) {
      claimed.put(prefix + "bootstrap", COMPLETE_COMMIT);
      assertThat(transactions.endAbandoned(partitions, ids, Set::of)).isEmpty();
      assertThat(openAfter()).isEqualTo(1);
      assertThat(values()).containsExactly("kept");
      complete.close(Duration.ZERO);
      open.commitTransaction();
    }
  }

  /** By these a sender notices that brokers went away, and may have left ends out. */
  @Test
  void producersReportHowManyConnectionsAreOpenAndHowManyWereClosed() {
    try (Producer<byte[], byte[]> producer = begun(prefix + "a", "kept", 0)) {
      Map<String, Object> figures = new HashMap<>();
      producer
          .metrics()
          .forEach(
              (name, metric) -> {
                if (name.group().equals("producer-metrics")) {
                  figures.put(name.name(), metric.metricValue());
                }
              });
      assertThat(figures).containsEntry("connection-close-total", 0.0);
      assertThat((double) figures.get("connection-count")).isPositive();
      producer.abortTransaction();
    }
  }

  private JobIds ids() {
    return new JobIds(prefix, Set.of());
  }

  private TransactionDescription describe(String id) throws Exception {
    return clients.admin().describeTransactions(List.of(id)).description(id).get();
  }

  private CommitMarker markerOf(TopicPartition partition) throws Exception {
    ProducerState open =
        clients
            .admin()
            .describeProducers(List.of(partition))
            .partitionResult(partition)
            .get()
            .activeProducers()
            .get(0);
    return new CommitMarker(
        partition, open.producerId(), open.producerEpoch(), open.coordinatorEpoch().orElse(0));
  }

  private Producer<byte[], byte[]> begun(String id, String value, int... to) {
    Producer<byte[], byte[]> producer = clients.transactionalProducer(id, id);
    producer.initTransactions();
    producer.beginTransaction();
    for (int partition : to) {
      producer.send(new ProducerRecord<>(topic, partition, null, value.getBytes(UTF_8)));
    }
    producer.flush();
    return producer;
  }

  private List<String> values() {
    return broker.consumeTexts(topic);
  }

  /** The number of partitions with a transaction that has no end. */
  private long openAfter() {
    Map<TopicPartition, Long> stable = offsets.ends(partitions, IsolationLevel.READ_COMMITTED);
    Map<TopicPartition, Long> all = offsets.ends(partitions, IsolationLevel.READ_UNCOMMITTED);
    return partitions.stream().filter(each -> stable.get(each) < all.get(each)).count();
  }
}
