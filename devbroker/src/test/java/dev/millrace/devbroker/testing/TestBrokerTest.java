package dev.millrace.devbroker.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder.request;

import dev.millrace.devbroker.DevBrokerException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

@WithBroker
final class TestBrokerTest {

  private static final Duration GENEROUS = Duration.ofSeconds(30);

  /** The brokers of the classes below, which run in this JVM. */
  private static final List<TestBroker> SEEN = new CopyOnWriteArrayList<>();

  @Test
  void oneBrokerServesAllTestsOfTheJvm(TestBroker broker) throws Exception {
    assertThat(TestBroker.shared()).isSameAs(broker);
    Path report = Path.of(System.getProperty("basedir", ""), "target", "test-broker.txt");
    assertThat(Files.readString(report))
        .startsWith("TEST BROKER: ")
        .contains(broker.description(), broker.bootstrapServers());
  }

  /** As with Surefire, where there are several forks. */
  @Test
  void classesThatASessionRunsOneByOneShareTheBroker() {
    SEEN.clear();
    try (LauncherSession session = LauncherFactory.openSession()) {
      run(session, First.class);
      run(session, Second.class);
      assertThat(SEEN).hasSize(2);
      assertThat(SEEN.get(1)).isSameAs(SEEN.get(0));
      assertThat(nodes(SEEN.get(0))).succeedsWithin(GENEROUS);
    }
    assertThat(nodes(SEEN.get(0))).as("after the session").failsWithin(GENEROUS);
  }

  private static void run(LauncherSession session, Class<?> tests) {
    LauncherDiscoveryRequest request = request().selectors(selectClass(tests)).build();
    SummaryGeneratingListener listener = new SummaryGeneratingListener();
    session.getLauncher().execute(request, listener);
    assertThat(listener.getSummary().getFailures()).isEmpty();
    assertThat(listener.getSummary().getTestsSucceededCount()).isEqualTo(1);
  }

  private static CompletableFuture<?> nodes(TestBroker broker) {
    return broker.admin().describeCluster().nodes().toCompletionStage().toCompletableFuture();
  }

  @WithBroker
  static final class First {

    @Test
    void seesABroker(TestBroker broker) {
      SEEN.add(broker);
    }
  }

  @WithBroker
  static final class Second {

    @Test
    void seesABroker(TestBroker broker) {
      SEEN.add(broker);
    }
  }

  @Test
  void whatIsProducedIsConsumedByPartitionAndOffset(TestBroker broker) {
    String topic = broker.createTopic(broker.uniqueName("numbers"), 3);
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int i = 0; i < 3_000; i++) {
      records.add(new ProducerRecord<>(topic, i % 3, null, Integer.toString(i).getBytes(UTF_8)));
    }
    broker.produce(topic, records);
    List<ConsumerRecord<byte[], byte[]>> consumed = broker.consumeAll(topic);
    assertThat(consumed).hasSize(3_000);
    for (int i = 0; i < consumed.size(); i++) {
      ConsumerRecord<byte[], byte[]> record = consumed.get(i);
      assertThat(record.partition()).isEqualTo(i / 1_000);
      assertThat(record.offset()).isEqualTo(i % 1_000);
      assertThat(new String(record.value(), UTF_8))
          .isEqualTo(Integer.toString((i % 1_000) * 3 + i / 1_000));
    }
  }

  @Test
  void aTableHasTheNewestValueOfEachKey(TestBroker broker) {
    String topic = broker.createTopic(broker.uniqueName("rows"), 1);
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (String row : List.of("a=1", "b=1", "a=2", "b=")) {
      String[] parts = row.split("=", -1);
      byte[] value = parts[1].isEmpty() ? null : parts[1].getBytes(UTF_8);
      records.add(new ProducerRecord<>(topic, 0, parts[0].getBytes(UTF_8), value));
    }
    broker.produce(topic, records);
    assertThat(broker.consumeTable(topic)).isEqualTo(Map.of("a", "2"));
    assertThat(broker.consumeCounts(topic)).isEqualTo(Map.of("a", 2L));
  }

  @Test
  void onlyCommittedRecordsAreConsumed(TestBroker broker) {
    String topic = broker.createTopic(broker.uniqueName("outputs"), 1);
    Map<String, Object> properties =
        Map.of("bootstrap.servers", broker.bootstrapServers(), "transactional.id", topic);
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer())) {
      producer.initTransactions();
      send(producer, topic, "committed");
      producer.commitTransaction();
      send(producer, topic, "aborted");
      producer.abortTransaction();
      send(producer, topic, "open");
      assertThat(broker.consumeAll(topic))
          .extracting(record -> new String(record.value(), UTF_8))
          .containsExactly("committed");
      producer.abortTransaction();
    }
  }

  @Test
  void anEmptyTopicHasNoRecords(TestBroker broker) {
    String topic =
        broker.createTopic(broker.uniqueName("empty"), 2, Map.of("cleanup.policy", "compact"));
    assertThat(broker.consumeAll(topic)).isEmpty();
  }

  @Test
  void mistakesAreNamed(TestBroker broker) {
    String missing = broker.uniqueName("missing");
    assertThatThrownBy(() -> broker.consumeAll(missing))
        .isInstanceOf(DevBrokerException.class)
        .hasMessageContaining(missing);
    assertThatThrownBy(
            () -> broker.produce(missing, List.of(new ProducerRecord<>("other", new byte[1]))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(missing);
    String existing = broker.createTopic(broker.uniqueName("existing"), 1);
    assertThatThrownBy(() -> broker.createTopic(existing, 1))
        .isInstanceOf(DevBrokerException.class)
        .hasMessageContaining(existing);
  }

  @Test
  void namesDoNotRepeat(TestBroker broker) {
    assertThat(broker.uniqueName("a")).startsWith("a-").isNotEqualTo(broker.uniqueName("a"));
  }

  private static void send(KafkaProducer<byte[], byte[]> producer, String topic, String value) {
    producer.beginTransaction();
    producer.send(new ProducerRecord<>(topic, value.getBytes(UTF_8)));
    producer.flush();
  }
}
