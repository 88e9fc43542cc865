package dev.millrace.internal.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.config.JobConfig;
import dev.millrace.devbroker.BrokerOptions;
import dev.millrace.devbroker.EmbeddedKafka;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.IncompatibleJobException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.clients.admin.UpdateFeaturesOptions;
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
  void indexesAreAsLargeAsASegmentNeeds() throws Exception {
    String usual = broker.uniqueName("usual");
    String large = broker.uniqueName("large");
    String chosen = broker.uniqueName("chosen");
    Topics own = new Topics(clients, config.with("topic.segment.bytes", "1073741824"));
    topics.createInternal(List.of(TopicSpec.retained(usual, 1)));
    own.createInternal(
        List.of(
            TopicSpec.compacted(large, 1),
            TopicSpec.retained(chosen, 1).with(Map.of("segment.index.bytes", "10485760"))));

    assertThat(settings(usual, "segment.bytes", "segment.index.bytes"))
        .containsExactly("67108864", "262144");
    assertThat(settings(large, "segment.bytes", "segment.index.bytes"))
        .containsExactly("1073741824", "4194304");
    assertThat(settings(chosen, "segment.index.bytes")).containsExactly("10485760");
  }

  @Test
  void aSizeOfSegmentsThatIsNoNumberIsRefused() {
    Topics wrong = new Topics(clients, config.with("topic.segment.bytes", "64MB"));
    TopicSpec spec = TopicSpec.retained(broker.uniqueName("wrong"), 1);
    assertThatThrownBy(() -> wrong.createInternal(List.of(spec)))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("segment.bytes");
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
    topics.awaitGone(List.of(spec.name()));
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
        Topics relaxed = new Topics(itsClients, there.with("guarantee", "at-least-once"));
        // The controller has decided; brokers hear of that later.
        Polling.until(() -> relaxed.brokerTransactionVersion() == 1, List.of());
        assertThatThrownBy(() -> new Topics(itsClients, there).brokerTransactionVersion())
            .isInstanceOf(ConfigurationException.class)
            .hasMessageContaining("transaction.version is 1 where 2 is needed")
            .hasMessageContaining("at-least-once");
      }
    }
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
}
