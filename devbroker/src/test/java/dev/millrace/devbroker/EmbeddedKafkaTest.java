package dev.millrace.devbroker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.FinalizedVersionRange;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EmbeddedKafkaTest {

  @Test
  void oneNodeCommitsAndAbortsTransactions() throws Exception {
    Path data;
    try (EmbeddedKafka kafka = EmbeddedKafka.start(BrokerOptions.singleNode())) {
      data = kafka.dataDirectory();
      RoundTrip.createTopic(kafka.bootstrapServers(), "words");
      RoundTrip.commitAndAbort(kafka.bootstrapServers(), "words", "seen", "unseen");
      RoundTrip.assertCommitted(kafka.bootstrapServers(), "words", "seen");
      assertThat(transactionVersion(kafka)).isGreaterThanOrEqualTo((short) 2);
    }
    assertThat(data).doesNotExist();
  }

  @Test
  void threeNodesReplicateTopicsAndTransactions() throws Exception {
    try (EmbeddedKafka kafka = EmbeddedKafka.start(BrokerOptions.threeNodes())) {
      assertThat(kafka.bootstrapServers().split(",")).hasSize(3);
      RoundTrip.createTopic(kafka.bootstrapServers(), "words");
      RoundTrip.commitAndAbort(kafka.bootstrapServers(), "words", "seen", "unseen");
      RoundTrip.assertCommitted(kafka.bootstrapServers(), "words", "seen");
      try (Admin admin = admin(kafka)) {
        assertThat(admin.describeCluster().nodes().get()).hasSize(3);
        for (String topic : List.of("words", "__transaction_state")) {
          var description = admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic);
          assertThat(description.partitions().get(0).replicas()).as(topic).hasSize(3);
        }
      }
    }
  }

  @Test
  void keptDataIsThereAfterARestartOnOtherPorts(@TempDir Path directory) throws Exception {
    BrokerOptions options = BrokerOptions.singleNode().withDataDirectory(directory);
    try (EmbeddedKafka kafka = EmbeddedKafka.start(options)) {
      RoundTrip.createTopic(kafka.bootstrapServers(), "words");
      RoundTrip.commitAndAbort(kafka.bootstrapServers(), "words", "seen", "unseen");
    }
    try (EmbeddedKafka kafka = EmbeddedKafka.start(options)) {
      RoundTrip.assertCommitted(kafka.bootstrapServers(), "words", "seen");
    }
    BrokerOptions clean = options.withExistingData(BrokerOptions.ExistingData.DELETE);
    try (EmbeddedKafka kafka = EmbeddedKafka.start(clean);
        Admin admin = admin(kafka)) {
      assertThat(admin.listTopics().names().get()).isEmpty();
    }
  }

  @Test
  void serverPropertiesOfTheCallerWin() throws Exception {
    BrokerOptions options =
        BrokerOptions.singleNode().withServerProperty("log.cleaner.backoff.ms", "123");
    try (EmbeddedKafka kafka = EmbeddedKafka.start(options);
        Admin admin = admin(kafka)) {
      ConfigResource node = new ConfigResource(ConfigResource.Type.BROKER, "0");
      Config config = admin.describeConfigs(List.of(node)).all().get().get(node);
      assertThat(config.get("log.cleaner.backoff.ms").value()).isEqualTo("123");
      assertThat(config.get("auto.create.topics.enable").value()).isEqualTo("false");
    }
  }

  @Test
  void aPortInUseIsNamed() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      BrokerOptions options = BrokerOptions.singleNode().withPort(taken.getLocalPort());
      assertThatThrownBy(() -> EmbeddedKafka.start(options))
          .isInstanceOf(DevBrokerException.class)
          .hasMessageContaining("port=" + taken.getLocalPort());
    }
  }

  @Test
  void aSecondBrokerOnTheSameDataIsRefusedAndDoesTheFirstNoHarm(@TempDir Path directory)
      throws Exception {
    BrokerOptions options = BrokerOptions.singleNode().withDataDirectory(directory);
    BrokerOptions clean = options.withExistingData(BrokerOptions.ExistingData.DELETE);
    try (EmbeddedKafka first = EmbeddedKafka.start(options)) {
      for (BrokerOptions second : List.of(options, clean)) {
        assertThatThrownBy(() -> EmbeddedKafka.start(second))
            .isInstanceOf(DevBrokerException.class)
            .hasMessageContaining(".lock")
            .hasMessageContaining(directory.toString());
      }
      // What a controller has written into the metadata of another stops that one.
      RoundTrip.createTopic(first.bootstrapServers(), "words");
      RoundTrip.commitAndAbort(first.bootstrapServers(), "words", "seen", "unseen");
      RoundTrip.assertCommitted(first.bootstrapServers(), "words", "seen");
    }
  }

  @Test
  void dataOfAnotherNumberOfNodesIsRefused(@TempDir Path directory) throws Exception {
    Files.writeString(directory.resolve(DataDirectory.MARKER), "cluster.id=x\nnodes=3\n");
    assertThatThrownBy(
            () -> EmbeddedKafka.start(BrokerOptions.singleNode().withDataDirectory(directory)))
        .isInstanceOf(DevBrokerException.class)
        .hasMessageContaining("found=3");
  }

  @Test
  void cleaningLeavesDirectoriesOfOthersAlone(@TempDir Path directory) throws Exception {
    Path foreign = Files.createDirectories(directory.resolve("node-0"));
    BrokerOptions options =
        BrokerOptions.singleNode()
            .withDataDirectory(directory)
            .withExistingData(BrokerOptions.ExistingData.DELETE);
    assertThatThrownBy(() -> EmbeddedKafka.start(options))
        .isInstanceOf(DevBrokerException.class)
        .hasMessageContaining("something else");
    assertThat(foreign).exists();
  }

  private static Admin admin(EmbeddedKafka kafka) {
    return Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()));
  }

  private static short transactionVersion(EmbeddedKafka kafka) throws Exception {
    try (Admin admin = admin(kafka)) {
      FinalizedVersionRange range =
          admin
              .describeFeatures()
              .featureMetadata()
              .get()
              .finalizedFeatures()
              .get("transaction.version");
      return range.maxVersionLevel();
    }
  }
}
