package dev.millrace.internal.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.config.JobConfig;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.internal.util.SystemClock;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** How soon brokers miss a member of a consumer group is set where they allow it. */
@WithBroker
final class GroupSessionsTest {

  private final TestBroker broker;

  GroupSessionsTest(TestBroker broker) {
    this.broker = broker;
  }

  private JobConfig config(String session, String heartbeat) {
    return JobConfig.defaults()
        .with("bootstrap.servers", broker.bootstrapServers())
        .with("heartbeat.interval", heartbeat)
        .with("session.timeout", session);
  }

  private Optional<Duration> apply(JobConfig config, KafkaClients clients, String... groups) {
    return new GroupSessions(clients, config, "job", SystemClock.INSTANCE).apply(List.of(groups));
  }

  @Test
  void theSessionOfEachGroupIsSet() throws Exception {
    String first = broker.uniqueName("group");
    String second = broker.uniqueName("group");
    JobConfig config = config("6s", "500ms");
    try (KafkaClients clients = new DefaultKafkaClients(config)) {
      assertThat(apply(config, clients, first, second)).contains(Duration.ofSeconds(6));
    }
    for (String group : List.of(first, second)) {
      awaitSetting(group, "consumer.session.timeout.ms", "6000");
      awaitSetting(group, "consumer.heartbeat.interval.ms", "500");
    }
    // A later version of the job may ask for another: present is what the group has.
    JobConfig later = config("9s", "500ms");
    assertThat(present(later.with("membership", "consumer"), first, second))
        .isEqualTo(Duration.ofSeconds(6));
    assertThat(present(later, first, second)).isEqualTo(Duration.ofSeconds(9));
  }

  private Duration present(JobConfig config, String... groups) {
    try (KafkaClients clients = new DefaultKafkaClients(config)) {
      return new GroupSessions(clients, config, "job", SystemClock.INSTANCE)
          .present(List.of(groups));
    }
  }

  @Test
  void whatIsBelowTheBrokersFloorIsRaisedToIt() throws Exception {
    String group = broker.uniqueName("group");
    JobConfig config = config("100ms", "10ms");
    long floor = Long.parseLong(brokerSetting("group.consumer.min.session.timeout.ms"));
    try (KafkaClients clients = new DefaultKafkaClients(config)) {
      Optional<Duration> session = apply(config, clients, group);
      assertThat(session).contains(Duration.ofMillis(Math.max(100, floor)));
    }
    awaitSetting(
        group,
        "consumer.heartbeat.interval.ms",
        brokerSetting("group.consumer.min.heartbeat.interval.ms"));
  }

  /** Whoever has no right to set it goes with the brokers' default, and knows what that is. */
  @Test
  void withoutTheRightTheDefaultHoldsAndIsKnown() {
    String group = broker.uniqueName("group");
    JobConfig config = config("6s", "500ms");
    try (KafkaClients clients = new DefaultKafkaClients(config)) {
      KafkaClients unable = refusing("incrementalAlterConfigs", clients);
      assertThat(apply(config, unable, group)).contains(Duration.ofSeconds(45));
      KafkaClients blind = refusing("describeConfigs", clients);
      assertThat(apply(config, blind, group)).contains(Duration.ofSeconds(6));
      KafkaClients both = refusing("describeConfigs", unable);
      assertThat(apply(config, both, group)).isEmpty();
    }
  }

  private String brokerSetting(String name) throws Exception {
    String id =
        broker
            .admin()
            .describeCluster()
            .nodes()
            .get(30, TimeUnit.SECONDS)
            .iterator()
            .next()
            .idString();
    return value(new ConfigResource(ConfigResource.Type.BROKER, id), name);
  }

  /** The controller has it at once, brokers a little later. */
  private void awaitSetting(String group, String name, String value) {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.GROUP, group);
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> value(resource, name).equals(value));
  }

  private String value(ConfigResource resource, String name) throws Exception {
    Config config =
        broker
            .admin()
            .describeConfigs(List.of(resource))
            .all()
            .get(30, TimeUnit.SECONDS)
            .get(resource);
    ConfigEntry entry = config.get(name);
    return entry.value();
  }

  private static KafkaClients refusing(String method, KafkaClients clients) {
    Admin admin = clients.admin();
    Admin refusing =
        (Admin)
            Proxy.newProxyInstance(
                Admin.class.getClassLoader(),
                new Class<?>[] {Admin.class},
                (proxy, called, arguments) -> {
                  if (called.getName().equals(method)) {
                    throw GroupAuthorizationException.forGroupId("group");
                  }
                  try {
                    return called.invoke(admin, arguments);
                  } catch (InvocationTargetException e) {
                    throw e.getCause();
                  }
                });
    return new AdminOnly(refusing);
  }

  /** Clients of which only the admin client is asked for. */
  private record AdminOnly(Admin admin) implements KafkaClients {

    @Override
    public Consumer<byte[], byte[]> stageConsumer(
        String groupId,
        String clientId,
        Optional<String> groupInstanceId,
        StageMember member,
        int workersOnInstance) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Producer<byte[], byte[]> transactionalProducer(
        String transactionalId, String clientId, String compression) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Producer<byte[], byte[]> plainProducer(String clientId, String compression) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Consumer<byte[], byte[]> restoreConsumer(String clientId) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Consumer<byte[], byte[]> readerConsumer(String clientId, IsolationLevel isolation) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Consumer<byte[], byte[]> refreshConsumer(String clientId) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void writeCommitMarkers(Node leader, List<CommitMarker> markers) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
  }
}
