package dev.millrace.internal.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.config.JobConfig;
import dev.millrace.devbroker.BrokerOptions;
import dev.millrace.devbroker.EmbeddedKafka;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.error.MissingRightException;
import dev.millrace.internal.commit.TransactionEnds;
import dev.millrace.internal.commit.TransactionalSender;
import dev.millrace.internal.util.StepClock;
import dev.millrace.testkit.Logged;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.Resource;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the completion of transactions makes of missing rights, on a broker with ACLs. */
final class MarkerRightsTest {

  private static EmbeddedKafka kafka;
  private static TestBroker broker;
  private static String jobServers;

  private DefaultKafkaClients clients;
  private Offsets offsets;
  private OpenTransactions transactions;
  private String prefix;
  private String own;
  private String sink;
  private List<TopicPartition> partitions;

  @BeforeAll
  static void start() throws IOException {
    List<Integer> ports = freePorts(3);
    String all =
        "PLAINTEXT://127.0.0.1:%d,JOB://127.0.0.1:%d".formatted(ports.get(0), ports.get(1));
    String controller = "127.0.0.1:" + ports.get(2);
    kafka =
        EmbeddedKafka.start(
            BrokerOptions.singleNode()
                .withPort(ports.get(0))
                .withServerProperty("listeners", all + ",CONTROLLER://" + controller)
                .withServerProperty("advertised.listeners", all)
                .withServerProperty(
                    "listener.security.protocol.map",
                    "PLAINTEXT:PLAINTEXT,JOB:PLAINTEXT,CONTROLLER:PLAINTEXT")
                .withServerProperty("controller.quorum.voters", "0@" + controller)
                .withServerProperty("principal.builder.class", ListenerPrincipals.class.getName())
                .withServerProperty(
                    "authorizer.class.name",
                    "org.apache.kafka.metadata.authorizer.StandardAuthorizer")
                .withServerProperty("super.users", "User:ANONYMOUS"));
    broker = TestBroker.at(kafka.bootstrapServers());
    jobServers = "127.0.0.1:" + ports.get(1);
  }

  private static List<Integer> freePorts(int count) throws IOException {
    List<ServerSocket> sockets = new ArrayList<>();
    List<Integer> ports = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
      sockets.add(socket);
      ports.add(socket.getLocalPort());
    }
    for (ServerSocket socket : sockets) {
      socket.close();
    }
    return ports;
  }

  @AfterAll
  static void stop() {
    broker.close();
    kafka.close();
  }

  @BeforeEach
  void open() throws Exception {
    JobConfig config = JobConfig.defaults().with("bootstrap.servers", jobServers);
    clients = new DefaultKafkaClients(config);
    offsets = new Offsets(clients.admin(), config);
    prefix = broker.uniqueName("job") + "-";
    own = broker.createTopic(prefix + "own", 1);
    sink = broker.createTopic(broker.uniqueName("sink"), 1);
    partitions = List.of(new TopicPartition(own, 0), new TopicPartition(sink, 0));
    for (AclOperation operation : List.of(AclOperation.READ, AclOperation.WRITE)) {
      allow(operation, new ResourcePattern(ResourceType.TOPIC, own, PatternType.LITERAL));
    }
    allow(AclOperation.WRITE, new ResourcePattern(ResourceType.TOPIC, sink, PatternType.LITERAL));
    allow(
        AclOperation.WRITE,
        new ResourcePattern(ResourceType.TRANSACTIONAL_ID, prefix, PatternType.PREFIXED));
    transactions =
        new OpenTransactions(
            ClaimingAdmin.of(
                clients.admin(), Map.of(prefix + "a", TransactionState.COMPLETE_COMMIT), () -> 1),
            clients::writeCommitMarkers,
            config,
            new StepClock());
  }

  @AfterEach
  void close() throws Exception {
    clients.close();
    try (Admin admin = admin()) {
      admin.deleteAcls(List.of(AclBindingFilter.ANY)).all().get();
    }
  }

  private static Admin admin() {
    return Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()));
  }

  private static void allow(AclOperation operation, ResourcePattern on) throws Exception {
    AccessControlEntry entry =
        new AccessControlEntry(
            ListenerPrincipals.JOB.toString(), "*", operation, AclPermissionType.ALLOW);
    try (Admin admin = admin()) {
      admin.createAcls(List.of(new AclBinding(on, entry))).all().get();
    }
  }

  private static void allowOnCluster(AclOperation operation) throws Exception {
    allow(
        operation,
        new ResourcePattern(ResourceType.CLUSTER, Resource.CLUSTER_NAME, PatternType.LITERAL));
  }

  @Test
  void withTheRightToAlterTheClusterMarkersAreWritten() throws Exception {
    allow(AclOperation.READ, new ResourcePattern(ResourceType.TOPIC, sink, PatternType.LITERAL));
    allowOnCluster(AclOperation.ALTER);
    try (Producer<byte[], byte[]> dead = begun()) {
      assertThat(prepare()).isTrue();
      assertThat(undecided()).isEmpty();
      dead.close(Duration.ZERO);
    }
  }

  @Test
  void withoutItTheRightIsNamed() throws Exception {
    allow(AclOperation.READ, new ResourcePattern(ResourceType.TOPIC, sink, PatternType.LITERAL));
    try (Producer<byte[], byte[]> dead = begun()) {
      assertThatThrownBy(this::prepare)
          .isInstanceOfSatisfying(
              MissingRightException.class,
              missing -> {
                assertThat(missing.operation()).isEqualTo("ALTER");
                assertThat(missing.resource()).isEqualTo("cluster");
              });
      assertThat(undecided()).containsExactlyInAnyOrderElementsOf(partitions);
      dead.close(Duration.ZERO);
    }
  }

  /** What nobody can find out about one topic is no reason to leave readers of others waiting. */
  @Test
  void aTopicThatMayNotBeReadKeepsNoOtherFromBeingCompleted() throws Exception {
    allowOnCluster(AclOperation.ALTER);
    try (Producer<byte[], byte[]> dead = begun()) {
      assertThatThrownBy(this::prepare)
          .isInstanceOfSatisfying(
              MissingRightException.class,
              missing -> {
                assertThat(missing.operation()).isEqualTo("READ");
                assertThat(missing.resource()).isEqualTo("topic " + sink);
              });
      assertThat(undecided()).containsExactly(new TopicPartition(sink, 0));
      dead.close(Duration.ZERO);
    }
  }

  /** There will never be an answer, so that to wait for one would be to wait for ever. */
  @Test
  void aWorkerWithoutTheRightOpensAndSaysSoOnce() throws Exception {
    StepClock clock = new StepClock();
    AuxiliaryCalls calls = new AuxiliaryCalls(prefix + "a", clock);
    TransactionEnds ends =
        () -> calls.ask("look", this::prepare).orElseGet(() -> !calls.isUnsettled());
    try (Producer<byte[], byte[]> dead = begun();
        TransactionalSender sender =
            new TransactionalSender(
                prefix + "a",
                () -> clients.transactionalProducer(prefix + "a", prefix + "a"),
                ends,
                Duration.ofSeconds(10),
                clock)) {
      allow(AclOperation.READ, new ResourcePattern(ResourceType.TOPIC, sink, PatternType.LITERAL));
      List<String> warnings =
          Logged.lines(
              "no right to ALTER on cluster",
              () -> {
                sender.open();
                sender.close();
                sender.open();
              });
      assertThat(warnings).singleElement().asString().contains("WARN");
      dead.close(Duration.ZERO);
    }
  }

  private boolean prepare() {
    return transactions.prepareToFence(prefix + "a", Set.of(own, sink), List.of());
  }

  private Producer<byte[], byte[]> begun() {
    Producer<byte[], byte[]> producer = clients.transactionalProducer(prefix + "a", prefix + "a");
    producer.initTransactions();
    producer.beginTransaction();
    for (TopicPartition partition : partitions) {
      producer.send(
          new ProducerRecord<>(
              partition.topic(), partition.partition(), null, "kept".getBytes(UTF_8)));
    }
    producer.flush();
    return producer;
  }

  private List<TopicPartition> undecided() {
    Map<TopicPartition, Long> stable = offsets.ends(partitions, IsolationLevel.READ_COMMITTED);
    Map<TopicPartition, Long> all = offsets.ends(partitions, IsolationLevel.READ_UNCOMMITTED);
    return partitions.stream().filter(each -> stable.get(each) < all.get(each)).toList();
  }
}
