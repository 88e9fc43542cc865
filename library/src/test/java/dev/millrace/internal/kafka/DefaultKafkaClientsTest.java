package dev.millrace.internal.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.config.JobConfig;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.KafkaUnreachableException;
import dev.millrace.error.MillraceException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.IsolationLevel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class DefaultKafkaClientsTest {

  private static final StageMember MEMBER = () -> MemberData.of("i", "t", Map.of());

  @ParameterizedTest
  @ValueSource(strings = {"classic", "consumer"})
  void clientsAcceptTheirSettings(String membership) {
    JobConfig config = JobConfig.defaults().with("membership", membership);
    try (KafkaClients clients = new DefaultKafkaClients(config);
        Consumer<byte[], byte[]> dynamic =
            clients.stageConsumer("g", "c", Optional.empty(), MEMBER, 2);
        Consumer<byte[], byte[]> fixed =
            clients.stageConsumer("g", "c2", Optional.of("s"), MEMBER, 2);
        Consumer<byte[], byte[]> restore = clients.restoreConsumer("r");
        Consumer<byte[], byte[]> reader =
            clients.readerConsumer("e", IsolationLevel.READ_UNCOMMITTED);
        Consumer<byte[], byte[]> refresh = clients.refreshConsumer("f");
        Producer<byte[], byte[]> transactional = clients.transactionalProducer("t", "p");
        Producer<byte[], byte[]> plain = clients.plainProducer("q")) {
      assertThat(List.of(dynamic, fixed, restore, reader, refresh, transactional, plain))
          .hasSize(7);
      assertThat(clients.admin()).isSameAs(clients.admin());
    }
  }

  @Test
  void theExtremesOfTransactionTimeoutAreAccepted() {
    for (String timeout : List.of("1s", "15m")) {
      JobConfig config = JobConfig.defaults().with("transaction.timeout", timeout);
      try (KafkaClients clients = new DefaultKafkaClients(config);
          Producer<byte[], byte[]> producer = clients.transactionalProducer("t", "p")) {
        assertThat(producer).isNotNull();
      }
    }
  }

  @Test
  void deliveryEndsBeforeTheBrokerGivesTheTransactionUp() {
    Map<String, Object> settings =
        new DefaultKafkaClients(JobConfig.defaults())
            .transactionalProducerSettings("t", "p", "none");
    assertThat((int) settings.get("delivery.timeout.ms"))
        .isLessThan((int) settings.get("transaction.timeout.ms"));
    assertThat((int) settings.get("max.block.ms"))
        .isLessThan((int) settings.get("transaction.timeout.ms"));
  }

  @Test
  void theLargestRecordFitsIntoTheBuffer() {
    JobConfig defaults = JobConfig.defaults();
    assertThat(DefaultKafkaClients.maxRequestBytes(defaults)).isEqualTo(1 << 20);
    JobConfig large = defaults.with("kafka.producer.max.request.size", "100000000");
    assertThat(DefaultKafkaClients.maxRequestBytes(large)).isEqualTo(100_000_000);
    assertThat(new DefaultKafkaClients(large).plainProducerSettings("p", "none"))
        .containsEntry("max.request.size", "100000000")
        .containsEntry("buffer.memory", 100_000_000L);
    JobConfig small = large.with("kafka.buffer.memory", "5000000");
    assertThat(DefaultKafkaClients.maxRequestBytes(small)).isEqualTo(5_000_000);
    assertThatThrownBy(
            () ->
                DefaultKafkaClients.maxRequestBytes(
                    defaults.with("kafka.producer.max.request.size", "2MB")))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("max.request.size");
  }

  @Test
  void consumersNeverResetNorCommitByThemselves() {
    DefaultKafkaClients clients = new DefaultKafkaClients(JobConfig.defaults());
    for (Map<String, Object> settings :
        List.of(
            clients.stageConsumerSettings("g", "c", Optional.empty(), MEMBER),
            clients.restoreConsumerSettings("r"),
            clients.refreshConsumerSettings("f"))) {
      assertThat(settings)
          .containsEntry("auto.offset.reset", "none")
          .containsEntry("enable.auto.commit", false)
          .containsEntry("isolation.level", "read_committed")
          .containsEntry("allow.auto.create.topics", false);
    }
  }

  @Test
  void aRefreshDoesNotWaitForRecordsToCome() {
    JobConfig config = JobConfig.defaults().with("kafka.consumer.fetch.max.wait.ms", "2000");
    DefaultKafkaClients clients = new DefaultKafkaClients(config);
    assertThat((int) clients.refreshConsumerSettings("f").get("fetch.max.wait.ms"))
        .isBetween(1, 10);
    assertThat(clients.readerConsumerSettings("r", IsolationLevel.READ_COMMITTED))
        .containsEntry("fetch.max.wait.ms", "2000");
  }

  @ParameterizedTest
  @CsvSource({"500ms, 490", "2s, 490", "100ms, 90", "25ms, 20", "10ms, 20"})
  void aMembersThreadWakesUpShortlyBeforeAHeartbeat(String interval, int backoffMs) {
    DefaultKafkaClients clients =
        new DefaultKafkaClients(JobConfig.defaults().with("heartbeat.interval", interval));
    assertThat(clients.stageConsumerSettings("g", "c", Optional.empty(), MEMBER))
        .containsEntry("retry.backoff.ms", backoffMs);
  }

  @Test
  void othersThanMembersRetrySoon() {
    DefaultKafkaClients clients = new DefaultKafkaClients(JobConfig.defaults());
    assertThat(clients.restoreConsumerSettings("r")).containsEntry("retry.backoff.ms", 5);
    assertThat(clients.transactionalProducerSettings("t", "p", "none"))
        .containsEntry("retry.backoff.ms", 5);
    JobConfig own = JobConfig.defaults().with("kafka.retry.backoff.ms", "30");
    assertThat(
            new DefaultKafkaClients(own).stageConsumerSettings("g", "c", Optional.empty(), MEMBER))
        .containsEntry("retry.backoff.ms", "30");
  }

  @Test
  void theUsersSettingsReplaceSuggestionsOnly() {
    JobConfig config =
        JobConfig.builder()
            .set("kafka.producer.linger.ms", "0")
            .set("kafka.retry.backoff.ms", "50")
            .set("kafka.consumer.fetch.max.bytes", "12345")
            .build();
    DefaultKafkaClients clients = new DefaultKafkaClients(config);
    assertThat(clients.plainProducerSettings("p", "none"))
        .containsEntry("linger.ms", "0")
        .containsEntry("retry.backoff.ms", "50");
    assertThat(clients.restoreConsumerSettings("p")).containsEntry("fetch.max.bytes", "12345");
  }

  @Test
  void memoryIsSharedByTheWorkersOfTheInstance() {
    HeapShares two = HeapShares.of(128 << 20, 2);
    HeapShares eight = HeapShares.of(128 << 20, 8);
    assertThat(2L * two.fetchBytes() + two.producerBytes() + two.overlayBytes() + two.cacheBytes())
        .isEqualTo(64 << 20);
    assertThat(eight.producerBytes()).isLessThan(two.producerBytes());
    assertThat(HeapShares.of(1, 100).fetchBytes()).isEqualTo(1 << 20);
    assertThat(HeapShares.of(64L << 30, 1).fetchBytes()).isEqualTo(32 << 20);
  }

  @Test
  void anAddressWhereNobodyListensIsNamed() throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    JobConfig config =
        JobConfig.builder()
            .set("bootstrap.servers", "127.0.0.1:" + port)
            .set("kafka.admin.default.api.timeout.ms", "1000")
            .set("kafka.admin.request.timeout.ms", "500")
            .build();
    try (KafkaClients clients = new DefaultKafkaClients(config)) {
      Topics topics = new Topics(clients, config);
      assertThatThrownBy(() -> topics.checkUserTopic("words"))
          .isInstanceOf(KafkaUnreachableException.class)
          .hasMessageStartingWith("Cannot look up topic words: no answer from Kafka at 127.0.0.1:")
          .hasMessageContaining("bootstrap.servers");
    }
    assertThat(new DefaultKafkaClients(JobConfig.defaults()).adminSettings())
        .containsEntry("default.api.timeout.ms", 10_000);
  }

  @Test
  void aHostWithoutAnAddressIsNamed() {
    JobConfig config = JobConfig.defaults().with("bootstrap.servers", "no-such-host.invalid:9092");
    try (KafkaClients clients = new DefaultKafkaClients(config)) {
      assertThatThrownBy(clients::admin)
          .isInstanceOf(KafkaUnreachableException.class)
          .hasMessageContaining("no-such-host.invalid:9092");
    }
  }

  @Test
  void aSettingThatKafkaRefusesIsAnErrorOfConfiguration() {
    JobConfig config = JobConfig.defaults().with("kafka.producer.linger.ms", "soon");
    try (KafkaClients clients = new DefaultKafkaClients(config)) {
      assertThatThrownBy(() -> clients.plainProducer("p"))
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining("linger.ms");
    }
  }

  @Test
  void closedClientsSaySo() {
    KafkaClients clients = new DefaultKafkaClients(JobConfig.defaults());
    clients.close();
    assertThatThrownBy(clients::admin)
        .isInstanceOf(MillraceException.class)
        .hasMessageContaining("closed");
  }
}
