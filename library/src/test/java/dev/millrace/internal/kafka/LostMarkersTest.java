package dev.millrace.internal.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.config.JobConfig;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import java.lang.reflect.Constructor;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeTransactionsResult;
import org.apache.kafka.clients.admin.ListTransactionsResult;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.admin.internals.CoordinatorKey;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.internals.KafkaFutureImpl;
import org.jspecify.annotations.Nullable;
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
    transactions = new OpenTransactions(claiming(), clients::writeCommitMarkers, config);
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
      claimed.put(prefix + "a", TransactionState.COMPLETE_COMMIT);
      assertThat(transactions.prepareToFence(prefix + "a", Set.of(topic), List.of())).isTrue();
      assertThat(openAfter()).isZero();
      assertThat(values()).containsExactly("kept", "kept");
      producer.close(Duration.ZERO);
    }
  }

  @Test
  void anAbortedTransactionIsAbortedWhereItHasNoMarker() {
    try (Producer<byte[], byte[]> producer = begun(prefix + "a", "lost", 0, 1)) {
      claimed.put(prefix + "a", TransactionState.COMPLETE_ABORT);
      assertThat(transactions.prepareToFence(prefix + "a", Set.of(topic), List.of())).isTrue();
      assertThat(openAfter()).isZero();
      assertThat(values()).isEmpty();
      producer.close(Duration.ZERO);
    }
  }

  @Test
  void whoeverWaitsForAPartitionCompletesItsTransactionsOfThisJobOnly() {
    try (Producer<byte[], byte[]> own = begun(prefix + "a", "kept", 0);
        Producer<byte[], byte[]> foreign = begun(broker.uniqueName("other"), "foreign", 1)) {
      claimed.put(prefix + "a", TransactionState.COMPLETE_COMMIT);
      assertThat(transactions.on(partitions)).hasSize(2);
      assertThat(transactions.endAbandoned(partitions, prefix, () -> Set.of(prefix + "a")))
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
      claimed.put(prefix + "a", TransactionState.COMPLETE_COMMIT);
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
    return broker.consumeAll(topic).stream().map(r -> new String(r.value(), UTF_8)).toList();
  }

  /** The number of partitions with a transaction that has no end. */
  private long openAfter() {
    Map<TopicPartition, Long> stable = offsets.ends(partitions, IsolationLevel.READ_COMMITTED);
    Map<TopicPartition, Long> all = offsets.ends(partitions, IsolationLevel.READ_UNCOMMITTED);
    return partitions.stream().filter(each -> stable.get(each) < all.get(each)).count();
  }

  /** The broker's admin client, but for what is claimed of transactions. */
  private Admin claiming() {
    return (Admin)
        Proxy.newProxyInstance(
            Admin.class.getClassLoader(),
            new Class<?>[] {Admin.class},
            (proxy, method, arguments) -> {
              Object answer = method.invoke(clients.admin(), arguments);
              return switch (method.getName()) {
                case "describeTransactions" ->
                    claim((DescribeTransactionsResult) answer, (Collection<?>) arguments[0]);
                case "listTransactions" -> claim((ListTransactionsResult) answer);
                default -> answer;
              };
            });
  }

  private DescribeTransactionsResult claim(DescribeTransactionsResult real, Collection<?> ids)
      throws ReflectiveOperationException {
    Map<CoordinatorKey, KafkaFuture<TransactionDescription>> answers = new HashMap<>();
    for (Object id : ids) {
      answers.put(
          CoordinatorKey.byTransactionalId((String) id),
          real.description((String) id).thenApply(found -> claim(found, claimed.get(id))));
    }
    return made(DescribeTransactionsResult.class, answers);
  }

  private ListTransactionsResult claim(ListTransactionsResult real) throws Exception {
    KafkaFutureImpl<Collection<TransactionListing>> listings = new KafkaFutureImpl<>();
    listings.complete(
        real.all().get().stream()
            .map(
                each ->
                    new TransactionListing(
                        each.transactionalId(),
                        each.producerId(),
                        claimed.getOrDefault(each.transactionalId(), each.state())))
            .toList());
    return made(ListTransactionsResult.class, KafkaFuture.completedFuture(Map.of(0, listings)));
  }

  /** The only constructor of such a result belongs to Kafka's package. */
  private static <T> T made(Class<T> type, Object content) throws ReflectiveOperationException {
    Constructor<?> constructor = type.getDeclaredConstructors()[0];
    constructor.setAccessible(true);
    return type.cast(constructor.newInstance(content));
  }

  private TransactionDescription claim(
      TransactionDescription real, @Nullable TransactionState claim) {
    return claim == null
        ? real
        : new TransactionDescription(
            real.coordinatorId(),
            claim,
            real.producerId(),
            real.producerEpoch() + endsSince,
            real.transactionTimeoutMs(),
            OptionalLong.empty(),
            Set.of());
  }
}
