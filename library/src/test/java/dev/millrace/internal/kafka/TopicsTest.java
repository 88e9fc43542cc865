package dev.millrace.internal.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.config.JobConfig;
import dev.millrace.devbroker.BrokerOptions;
import dev.millrace.devbroker.EmbeddedKafka;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.IncompatibleJobException;
import dev.millrace.error.JobActiveException;
import dev.millrace.error.MillraceException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.clients.admin.UpdateFeaturesOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@WithBroker
final class TopicsTest {

  private final TestBroker broker;
  private JobConfig config;
  private KafkaClients clients;
  private Topics topics;

  TopicsTest(TestBroker broker) {
    this.broker = broker;
  }

  @BeforeEach
  void open() {
    config = JobConfig.defaults().with("bootstrap.servers", broker.bootstrapServers());
    clients = new DefaultKafkaClients(config);
    topics = new Topics(clients, config);
  }

  @AfterEach
  void close() {
    clients.close();
  }

  @Test
  void internalTopicsGetTheSettingsTheEngineDependsOn() throws Exception {
    String shuffle = broker.uniqueName("shuffle");
    String changelog = broker.uniqueName("changelog");
    Topics withUsersSettings =
        new Topics(clients, config.with("topic.max.message.bytes", "2000000"));
    Map<String, TopicState> created =
        withUsersSettings.createInternal(
            List.of(
                TopicSpec.retained(shuffle, 3),
                TopicSpec.compacted(changelog, 2)
                    .with(Map.of("min.cleanable.dirty.ratio", "0.3"))));
    assertThat(created.get(shuffle).partitions()).isEqualTo(3);
    assertThat(created.get(changelog).partitions()).isEqualTo(2);
    assertThat(created.get(shuffle).replication()).isPositive();
    assertThat(created.get(shuffle).id()).isNotEqualTo(Uuid.ZERO_UUID);

    assertThat(settings(shuffle, "cleanup.policy", "retention.ms", "retention.bytes"))
        .containsExactly("delete", "-1", "-1");
    assertThat(settings(shuffle, "message.timestamp.type", "max.message.bytes"))
        .containsExactly("LogAppendTime", "2000000");
    assertThat(
            settings(
                changelog,
                "cleanup.policy",
                "message.timestamp.type",
                "delete.retention.ms",
                "min.cleanable.dirty.ratio"))
        .containsExactly("compact", "LogAppendTime", "604800000", "0.3");
  }

  @Test
  void creatingAgainChangesNothing() {
    TopicSpec first = TopicSpec.retained(broker.uniqueName("shuffle"), 3);
    TopicSpec second = TopicSpec.compacted(broker.uniqueName("changelog"), 3);
    Map<String, TopicState> created = topics.createInternal(List.of(first));
    Map<String, TopicState> again = topics.createInternal(List.of(first, second));
    assertThat(again).hasSize(2).containsAllEntriesOf(created);
  }

  @Test
  void copiesOfAJobMayCreateTheirTopicsAtTheSameTime() {
    List<TopicSpec> specs = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      specs.add(TopicSpec.retained(broker.uniqueName("shuffle"), 2));
    }
    List<CompletableFuture<Map<String, TopicState>>> copies = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      copies.add(CompletableFuture.supplyAsync(() -> topics.createInternal(specs)));
    }
    Map<String, TopicState> result = copies.get(0).join();
    assertThat(result).hasSize(5);
    assertThat(copies).allMatch(copy -> copy.join().equals(result));
  }

  @Test
  void aTopicWithAnotherPartitionCountIsRefusedWithBothCounts() {
    String name = broker.createTopic(broker.uniqueName("shuffle"), 8);
    assertThatThrownBy(() -> topics.createInternal(List.of(TopicSpec.retained(name, 4))))
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining(name)
        .hasMessageContaining("has 8 partitions where the job needs 4")
        .hasMessageContaining("parallelism(8)");
  }

  @Test
  void aTopicUnderWhoseSettingsDataWouldBeLostIsRefused() {
    String name = broker.createTopic(broker.uniqueName("shuffle"), 4);
    assertThatThrownBy(() -> topics.createInternal(List.of(TopicSpec.retained(name, 4))))
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining("message.timestamp.type is CreateTime")
        .hasMessageContaining("--add-config message.timestamp.type=LogAppendTime");
  }

  @Test
  void moreReplicasThanBrokersAreAnErrorOfConfiguration() {
    Topics greedy = new Topics(clients, config.with("shuffle.replication", "30"));
    TopicSpec spec = TopicSpec.retained(broker.uniqueName("shuffle"), 1);
    assertThatThrownBy(() -> greedy.createInternal(List.of(spec)))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("shuffle.replication");
  }

  @Test
  void aUsersTopicIsFoundAndAMissingOneNamed() {
    String name = broker.createTopic(broker.uniqueName("words"), 5);
    assertThat(topics.checkUserTopic(name).partitions()).isEqualTo(5);
    assertThat(topics.describe(List.of(name, name + "-absent"))).containsOnlyKeys(name);
    assertThatThrownBy(() -> topics.checkUserTopic(name + "-absent"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("Cannot use topic " + name + "-absent: there is no such topic");
  }

  @Test
  void aRecreatedTopicHasAnotherId() {
    TopicSpec spec = TopicSpec.retained(broker.uniqueName("shuffle"), 1);
    Uuid before = topics.createInternal(List.of(spec)).get(spec.name()).id();
    topics.deleteTopics(List.of(spec.name(), spec.name() + "-absent"));
    assertThat(topics.describe(List.of(spec.name()))).isEmpty();
    assertThat(topics.createInternal(List.of(spec)).get(spec.name()).id()).isNotEqualTo(before);
  }

  @Test
  void theTestBrokerRunsTransactionsOfVersionTwo() {
    assertThat(topics.brokerTransactionVersion()).isGreaterThanOrEqualTo(2);
  }

  @Test
  void anOlderVersionOfTransactionsIsRefusedUnderExactlyOnceOnly() throws Exception {
    try (EmbeddedKafka old = EmbeddedKafka.start(BrokerOptions.singleNode())) {
      JobConfig there = JobConfig.defaults().with("bootstrap.servers", old.bootstrapServers());
      try (KafkaClients itsClients = new DefaultKafkaClients(there)) {
        FeatureUpdate downgrade =
            new FeatureUpdate((short) 1, FeatureUpdate.UpgradeType.SAFE_DOWNGRADE);
        itsClients
            .admin()
            .updateFeatures(Map.of("transaction.version", downgrade), new UpdateFeaturesOptions())
            .all()
            .get();
        assertThatThrownBy(() -> new Topics(itsClients, there).brokerTransactionVersion())
            .isInstanceOf(ConfigurationException.class)
            .hasMessageContaining("transaction.version is 1 where 2 is needed")
            .hasMessageContaining("at-least-once");
        JobConfig relaxed = there.with("guarantee", "at-least-once");
        assertThat(new Topics(itsClients, relaxed).brokerTransactionVersion()).isEqualTo(1);
      }
    }
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
      assertThat(topics.endOffsets(one, IsolationLevel.READ_COMMITTED)).containsValue(3L);
      assertThat(topics.endOffsets(one, IsolationLevel.READ_UNCOMMITTED)).containsValue(4L);
      producer.commitTransaction();
    }
    topics.deleteRecordsBefore(Map.of(partition, 2L));
    assertThat(topics.beginningOffsets(List.of(partition))).containsEntry(partition, 2L);
    assertThat(topics.beginningOffsets(List.of())).isEmpty();
  }

  @Test
  void firstOffsetsAreWrittenBeforeAnybodyJoins() {
    String name = broker.createTopic(broker.uniqueName("source"), 2);
    String group = broker.uniqueName("group");
    assertThat(topics.stableCommittedOffsets(group)).isEmpty();
    Map<TopicPartition, OffsetAndMetadata> first =
        Map.of(
            new TopicPartition(name, 0),
            new OffsetAndMetadata(0),
            new TopicPartition(name, 1),
            new OffsetAndMetadata(7));
    topics.writeOffsets(group, first);
    assertThat(topics.stableCommittedOffsets(group)).isEqualTo(first);
    assertThat(topics.activeMembers(group)).isEmpty();
  }

  @Test
  void offsetsUnderAnOpenTransactionAreRefusedAndReadableOnceItEnds() {
    String name = broker.createTopic(broker.uniqueName("source"), 1);
    String group = broker.uniqueName("group");
    TopicPartition partition = new TopicPartition(name, 0);
    topics.writeOffsets(group, Map.of(partition, new OffsetAndMetadata(0)));
    StageMember member = () -> MemberData.of("i", "t", Map.of());
    try (Producer<byte[], byte[]> producer =
            clients.transactionalProducer(broker.uniqueName("t"), "p");
        Consumer<byte[], byte[]> consumer =
            clients.stageConsumer(group, "c", Optional.empty(), member, 1)) {
      consumer.subscribe(List.of(name));
      Polling.until(() -> !consumer.assignment().isEmpty(), consumer);
      producer.initTransactions();
      producer.beginTransaction();
      producer.sendOffsetsToTransaction(
          Map.of(partition, new OffsetAndMetadata(5)), consumer.groupMetadata());
      producer.flush();
      Topics impatient = new Topics(clients.admin(), config, new StepClock());
      assertThatThrownBy(() -> impatient.stableCommittedOffsets(group))
          .isInstanceOf(JobActiveException.class)
          .hasMessageContaining("still undecided");
      assertThatThrownBy(
              () -> topics.writeOffsets(group, Map.of(partition, new OffsetAndMetadata(1))))
          .isInstanceOf(MillraceException.class)
          .hasMessageContaining("Cannot write the first offsets of group " + group);
      producer.commitTransaction();
      assertThat(topics.stableCommittedOffsets(group))
          .containsEntry(partition, new OffsetAndMetadata(5));
    }
  }

  @Test
  void membersAreListedByTheirClientIdAndStaticOnesCanBeEvicted() {
    String name = broker.createTopic(broker.uniqueName("source"), 1);
    String group = broker.uniqueName("group");
    StageMember member = () -> MemberData.of("i", "t", Map.of());
    try (Consumer<byte[], byte[]> consumer =
        clients.stageConsumer(group, "job-t1", Optional.of("slot-1"), member, 1)) {
      topics.writeOffsets(group, Map.of(new TopicPartition(name, 0), new OffsetAndMetadata(0)));
      consumer.subscribe(List.of(name));
      Polling.until(() -> !consumer.assignment().isEmpty(), consumer);
      assertThat(topics.activeMembers(group))
          .singleElement()
          .satisfies(
              found -> {
                assertThat(found.clientId()).isEqualTo("job-t1");
                assertThat(found.groupInstanceId()).contains("slot-1");
              });
    }
    assertThat(topics.activeMembers(group)).as("a static member stays").hasSize(1);
    topics.evict(group, List.of("slot-1"));
    assertThat(topics.activeMembers(group)).isEmpty();
    assertThatCode(() -> topics.evict(group, List.of())).doesNotThrowAnyException();
    // Who is no member any more, or not yet, is removed already.
    assertThatCode(() -> topics.evict(group, List.of("slot-1", "nobody")))
        .doesNotThrowAnyException();
  }

  private List<String> settings(String topic, String... keys) throws Exception {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    Config found = broker.admin().describeConfigs(List.of(resource)).all().get().get(resource);
    List<String> values = new ArrayList<>();
    for (String key : keys) {
      values.add(found.get(key).value());
    }
    return values;
  }

  private static ProducerRecord<byte[], byte[]> record(String topic) {
    return new ProducerRecord<>(topic, new byte[] {1}, new byte[] {2});
  }
}
