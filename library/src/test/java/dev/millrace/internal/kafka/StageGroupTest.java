package dev.millrace.internal.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.config.JobConfig;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.internal.util.SystemClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.CloseOptions.GroupMembershipOperation;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real consumers in a real group: the assignor, and the clients it runs in. */
@WithBroker
final class StageGroupTest {

  private static final int TASKS = 6;

  private final TestBroker broker;
  private final Map<String, Worker> workers = new TreeMap<>();
  private final Map<TopicPartition, String> owners = new HashMap<>();
  private JobConfig config;
  private DefaultKafkaClients clients;
  private String group;
  private List<String> topics;

  StageGroupTest(TestBroker broker) {
    this.broker = broker;
  }

  @BeforeEach
  void open() throws Exception {
    use("classic");
    group = broker.uniqueName("stage");
    topics =
        List.of(
            broker.createTopic(broker.uniqueName("left"), TASKS),
            broker.createTopic(broker.uniqueName("right"), TASKS));
    Map<TopicPartition, OffsetAndMetadata> first = new HashMap<>();
    for (String topic : topics) {
      for (int p = 0; p < TASKS; p++) {
        first.put(new TopicPartition(topic, p), new OffsetAndMetadata(0));
      }
    }
    groups().writeOffsets(group, first);
    beatQuickly(group);
  }

  private Groups groups() {
    return new Groups(clients.admin(), config, SystemClock.INSTANCE);
  }

  /** Under the consumer protocol the broker says when members report, by default every 5 s. */
  private void beatQuickly(String group) throws Exception {
    AlterConfigOp quick =
        new AlterConfigOp(
            new ConfigEntry("consumer.heartbeat.interval.ms", "100"), AlterConfigOp.OpType.SET);
    ConfigResource resource = new ConfigResource(ConfigResource.Type.GROUP, group);
    broker.admin().incrementalAlterConfigs(Map.of(resource, List.of(quick))).all().get();
  }

  @AfterEach
  void close() {
    workers.values().forEach(worker -> worker.consumer.close(CloseOptions.timeout(Duration.ZERO)));
    clients.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"classic", "consumer"})
  void inputsMoveTogetherWhenWorkersComeAndGo(String membership) {
    use(membership);
    join("a");
    awaitTasks(Map.of("a", 6));
    join("b");
    awaitTasks(Map.of("a", 3, "b", 3));
    join("c");
    awaitTasks(Map.of("a", 2, "b", 2, "c", 2));
    leave("b");
    awaitTasks(Map.of("a", 3, "c", 3));
  }

  @Test
  void nobodyLosesMoreThanBalanceDemands() {
    join("a");
    join("b");
    awaitTasks(Map.of("a", 3, "b", 3));
    Set<Integer> before = tasks("a");
    // Whoever joined first may have had all tasks for a moment.
    int revokedByA = workers.get("a").revocations;
    int revokedByB = workers.get("b").revocations;
    join("c");
    awaitTasks(Map.of("a", 2, "b", 2, "c", 2));
    assertThat(before).containsAll(tasks("a"));
    leave("c");
    awaitTasks(Map.of("a", 3, "b", 3));
    assertThat(workers.get("a").revocations).isEqualTo(revokedByA + 1);
    assertThat(workers.get("b").revocations).isEqualTo(revokedByB + 1);
  }

  @Test
  void aKilledWorkersTasksGoToTheOtherWhichLearnsItsId() {
    join("a");
    join("b");
    awaitTasks(Map.of("a", 3, "b", 3));
    int revoked = workers.get("b").revocations;
    kill("a");
    awaitTasks(Map.of("b", 6));
    assertThat(workers.get("b").departed).containsExactly("t-a");
    assertThat(workers.get("b").revocations).isEqualTo(revoked);
  }

  @Test
  void aKilledLeadersSuccessorStillKnowsWhoWasThere() {
    join("a");
    join("b");
    join("c");
    awaitTasks(Map.of("a", 2, "b", 2, "c", 2));
    // Whichever of them led the group, one of these two kills its leader.
    kill("a");
    awaitTasks(Map.of("b", 3, "c", 3));
    kill("b");
    awaitTasks(Map.of("c", 6));
    assertThat(workers.get("c").departed).contains("t-b");
  }

  @Test
  void aReturningWorkerGetsTheTasksWhoseStateItHolds() {
    join("a");
    awaitTasks(Map.of("a", 6));
    join("b", Optional.empty(), Map.of(1, 9L, 3, 9L, 5, 9L));
    awaitTasks(Map.of("a", 3, "b", 3));
    assertThat(tasks("b")).containsExactly(1, 3, 5);
  }

  @Test
  void aStaticWorkerThatRestartsDisturbsNobody() {
    join("a", Optional.of("slot-a"), Map.of());
    join("b", Optional.of("slot-b"), Map.of());
    awaitTasks(Map.of("a", 3, "b", 3));
    Set<Integer> before = tasks("a");
    int generation = workers.get("b").consumer.groupMetadata().generationId();
    kill("a");
    join("a", Optional.of("slot-a"), Map.of());
    awaitTasks(Map.of("a", 3, "b", 3));
    assertThat(tasks("a")).isEqualTo(before);
    assertThat(workers.get("b").consumer.groupMetadata().generationId()).isEqualTo(generation);
  }

  @ParameterizedTest
  @ValueSource(strings = {"classic", "consumer"})
  void aTransactionCoversInputOffsetsAndOutput(String membership) {
    use(membership);
    String output = broker.createTopic(broker.uniqueName("output"), 1);
    List<ProducerRecord<byte[], byte[]>> input = new ArrayList<>();
    for (int p = 0; p < TASKS; p++) {
      input.add(new ProducerRecord<>(topics.get(0), p, null, new byte[] {(byte) p}));
    }
    broker.produce(topics.get(0), input);
    join("a");
    Consumer<byte[], byte[]> consumer = workers.get("a").consumer;
    List<ConsumerRecord<byte[], byte[]>> read = new ArrayList<>();
    long deadline = System.nanoTime() + 30_000_000_000L;
    while (read.size() < TASKS) {
      consumer.poll(Duration.ofMillis(50)).forEach(read::add);
      assertThat(System.nanoTime() - deadline).as("records arrive in time").isNegative();
    }
    try (Producer<byte[], byte[]> producer = clients.transactionalProducer("t-" + group, "p")) {
      producer.initTransactions();
      producer.beginTransaction();
      Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
      for (ConsumerRecord<byte[], byte[]> record : read) {
        producer.send(new ProducerRecord<>(output, record.value()));
        offsets.put(
            new TopicPartition(record.topic(), record.partition()),
            new OffsetAndMetadata(record.offset() + 1));
      }
      producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
      producer.commitTransaction();
      assertThat(groups().stableCommittedOffsets(group)).containsAllEntriesOf(offsets);
    }
    try (Consumer<byte[], byte[]> restore = clients.restoreConsumer("r");
        Consumer<byte[], byte[]> reader =
            clients.readerConsumer("e", IsolationLevel.READ_UNCOMMITTED)) {
      for (Consumer<byte[], byte[]> each : List.of(restore, reader)) {
        List<TopicPartition> partitions = List.of(new TopicPartition(output, 0));
        each.assign(partitions);
        each.seekToBeginning(partitions);
        int[] count = {0};
        Polling.until(
            () -> {
              each.poll(Duration.ofMillis(50)).forEach(record -> count[0]++);
              return count[0] == TASKS;
            },
            List.of());
      }
    }
  }

  private void use(String membership) {
    if (clients != null) {
      clients.close();
    }
    config =
        JobConfig.builder()
            .set("bootstrap.servers", broker.bootstrapServers())
            .set("membership", membership)
            .set("session.timeout", "1500ms")
            .set("heartbeat.interval", "100ms")
            .build();
    clients = new DefaultKafkaClients(config);
  }

  private void join(String name) {
    join(name, Optional.empty(), Map.of());
  }

  private void join(String name, Optional<String> staticId, Map<Integer, Long> held) {
    workers.put(name, new Worker(name, staticId, held));
  }

  private void leave(String name) {
    Worker worker = workers.remove(name);
    worker.consumer.close(
        CloseOptions.groupMembershipOperation(GroupMembershipOperation.LEAVE_GROUP)
            .withTimeout(Duration.ofSeconds(5)));
    owners.values().removeIf(name::equals);
  }

  /** Leaves without a word, as a process that dies. */
  private void kill(String name) {
    Worker worker = workers.remove(name);
    worker.consumer.close(
        CloseOptions.groupMembershipOperation(GroupMembershipOperation.REMAIN_IN_GROUP)
            .withTimeout(Duration.ZERO));
    owners.values().removeIf(name::equals);
  }

  private void awaitTasks(Map<String, Integer> counts) {
    Polling.until(
        () ->
            counts.entrySet().stream()
                .allMatch(
                    wanted ->
                        workers.get(wanted.getKey()).consumer.assignment().size()
                            == topics.size() * wanted.getValue()),
        workers.values().stream().map(worker -> worker.consumer).toList());
    counts.forEach((name, count) -> assertThat(tasks(name)).hasSize(count));
  }

  /** The tasks of a worker, having checked that it has all inputs of each. */
  private Set<Integer> tasks(String name) {
    Set<Integer> tasks = new TreeSet<>();
    Set<TopicPartition> assignment = workers.get(name).consumer.assignment();
    assignment.forEach(partition -> tasks.add(partition.partition()));
    for (int task : tasks) {
      for (String topic : topics) {
        assertThat(assignment).contains(new TopicPartition(topic, task));
      }
    }
    return tasks;
  }

  private final class Worker implements ConsumerRebalanceListener, StageMember {

    private final String name;
    private final Map<Integer, Long> held;
    private final Consumer<byte[], byte[]> consumer;
    private final List<String> departed = new ArrayList<>();
    private int revocations;

    Worker(String name, Optional<String> staticId, Map<Integer, Long> held) {
      this.name = name;
      this.held = held;
      this.consumer = clients.stageConsumer(group, "t-" + name, staticId, this, 2);
      consumer.subscribe(topics, this);
    }

    @Override
    public MemberData report() {
      return MemberData.of("i-" + name, "t-" + name, held);
    }

    @Override
    public void onPeersDeparted(Set<String> transactionalIds) {
      departed.addAll(transactionalIds);
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      for (TopicPartition partition : partitions) {
        String other = owners.put(partition, name);
        assertThat(other).as("owner of %s when %s gets it", partition, name).isNull();
      }
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      revocations += partitions.isEmpty() ? 0 : 1;
      partitions.forEach(owners::remove);
    }
  }
}
