package dev.millrace.devbroker.testing;

import dev.millrace.devbroker.DevBrokerException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * The broker that the tests of this JVM share, with the few helpers that most of them want.
 *
 * <p><b>Contract.</b> {@link #shared()} starts it on first use, prints {@code TEST BROKER: ...}
 * once and writes the same line to {@code target/test-broker.txt}. It is stopped when JUnit is done
 * or the JVM exits. Tests do not clean up after themselves: they take fresh names from {@link
 * #uniqueName}.
 *
 * <p><b>Threads.</b> Safe for any thread.
 *
 * <p><b>Errors.</b> {@link DevBrokerException} if no broker can be had, it has ended by itself, or
 * it does not do within half a minute what a helper asks of it.
 */
public final class TestBroker implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration POLL = Duration.ofMillis(100);
  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
  private static final String REPORT = "target/test-broker.txt";

  private static final Object SHARED_LOCK = new Object();

  /** Guarded by {@link #SHARED_LOCK}. */
  private static @Nullable TestBroker shared;

  private final RunningBroker broker;
  private final Admin admin;
  private final Producer<byte[], byte[]> producer;
  private final String run = Integer.toString(ThreadLocalRandom.current().nextInt(1 << 30), 36);
  private final AtomicLong names = new AtomicLong();
  private boolean closed;

  private TestBroker(RunningBroker broker) {
    this.broker = broker;
    this.admin = Admin.create(clientProperties());
    this.producer =
        new KafkaProducer<>(
            clientProperties(), new ByteArraySerializer(), new ByteArraySerializer());
  }

  /**
   * {@return the broker of this JVM, started now if it was not yet}
   *
   * @throws DevBrokerException if the broker that {@code -Dtest.broker} names cannot be had
   */
  public static TestBroker shared() {
    synchronized (SHARED_LOCK) {
      if (shared == null) {
        TestBroker opened = open(System.getProperty(BrokerChoice.PROPERTY, ""));
        Runtime.getRuntime().addShutdownHook(new Thread(opened::close, "test-broker-stop"));
        shared = opened;
      }
      return shared;
    }
  }

  /**
   * {@return the same helpers for a broker that the test has started itself, and stops itself}
   *
   * @param bootstrapServers where it is
   */
  public static TestBroker at(String bootstrapServers) {
    return new TestBroker(new RunningBroker("the test's own", bootstrapServers, () -> {}));
  }

  /** Opens a broker of its own; the caller closes it. */
  static TestBroker open(String choice) {
    RunningBroker running = RunningBroker.open(BrokerChoice.parse(choice), DockerEngine.find());
    TestBroker opened = new TestBroker(running);
    try {
      opened.awaitAnswer();
    } catch (RuntimeException e) {
      opened.close();
      throw e;
    }
    opened.report();
    return opened;
  }

  /** {@return the addresses for {@code bootstrap.servers}} */
  public String bootstrapServers() {
    broker.check().run();
    return broker.bootstrapServers();
  }

  /** {@return what this broker is, and why, for people} */
  public String description() {
    return broker.description();
  }

  /** {@return an admin client for whatever has no helper here; it is closed with the broker} */
  public Admin admin() {
    return admin;
  }

  /**
   * {@return a name for a topic, job or group that nothing on this broker has, not even from an
   * earlier run}
   *
   * @param prefix how it begins
   */
  public String uniqueName(String prefix) {
    return prefix + "-" + run + "-" + names.incrementAndGet();
  }

  /**
   * Creates a topic and waits until all its partitions can be written and read.
   *
   * @return the name
   */
  public String createTopic(String name, int partitions) {
    // Records of tests are often of 1970 by their timestamps, and would be deleted as too old.
    return createTopic(name, partitions, Map.of("retention.ms", "-1"));
  }

  /**
   * Creates a topic with settings of its own and waits until all its partitions can be written and
   * read.
   *
   * @param config for example {@code cleanup.policy} to {@code compact}
   * @return the name
   */
  public String createTopic(String name, int partitions, Map<String, String> config) {
    NewTopic topic = new NewTopic(name, Optional.of(partitions), Optional.empty()).configs(config);
    await("create topic " + name, admin.createTopics(List.of(topic)).all());
    // A leader is known before it is ready to lead; asking it for an offset waits for that.
    Map<TopicPartition, OffsetSpec> questions = new HashMap<>();
    for (int partition = 0; partition < partitions; partition++) {
      questions.put(new TopicPartition(name, partition), OffsetSpec.earliest());
    }
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!answers(name, questions)) {
      if (System.nanoTime() - deadline > 0) {
        throw new DevBrokerException(
            "Cannot create topic " + name + ": the brokers did not hear of it in time.");
      }
      LockSupport.parkNanos(RETRY_NANOS);
    }
    return name;
  }

  /**
   * Writes records and returns when the broker has acknowledged all of them.
   *
   * @param topic the topic that all of them name
   * @param records with or without a partition, key, timestamp and headers
   */
  public void produce(String topic, List<ProducerRecord<byte[], byte[]>> records) {
    List<Future<?>> acknowledgements = new ArrayList<>();
    for (ProducerRecord<byte[], byte[]> record : records) {
      if (!record.topic().equals(topic)) {
        throw new IllegalArgumentException(
            "Cannot produce to topic "
                + topic
                + ": the record names another one ("
                + record
                + ").");
      }
      acknowledgements.add(producer.send(record));
    }
    producer.flush();
    for (Future<?> acknowledgement : acknowledgements) {
      await("produce to topic " + topic, acknowledgement);
    }
  }

  /**
   * {@return all committed records of a topic, ordered by partition and offset}
   *
   * <p>Reads up to the last stable offset of the moment of the call: what an open transaction wrote
   * and all that follows it is left out, what an aborted one wrote as well.
   *
   * @param topic must exist
   */
  public List<ConsumerRecord<byte[], byte[]>> consumeAll(String topic) {
    Map<String, Object> properties = clientProperties();
    properties.put("isolation.level", "read_committed");
    properties.put("enable.auto.commit", "false");
    properties.put("auto.offset.reset", "none");
    // A fetch that waits for more holds up the closing of the consumer.
    properties.put("fetch.max.wait.ms", "10");
    try (Consumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> partitions = partitions(topic);
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      return readTo(consumer, consumer.endOffsets(partitions, PATIENCE));
    }
  }

  /** {@return the values of {@link #consumeAll} as texts; an empty one for a tombstone} */
  public List<String> consumeTexts(String topic) {
    return consumeAll(topic).stream()
        .map(
            record ->
                record.value() == null ? "" : new String(record.value(), StandardCharsets.UTF_8))
        .toList();
  }

  /**
   * {@return the newest value of each key in {@link #consumeAll}, both as texts; a tombstone takes
   * its key away}
   */
  public Map<String, String> consumeTable(String topic) {
    Map<String, String> table = new TreeMap<>();
    for (ConsumerRecord<byte[], byte[]> record : consumeAll(topic)) {
      String key = new String(record.key(), StandardCharsets.UTF_8);
      if (record.value() == null) {
        table.remove(key);
      } else {
        table.put(key, new String(record.value(), StandardCharsets.UTF_8));
      }
    }
    return table;
  }

  /** {@return the rows of {@link #consumeTable}, which are numbers} */
  public Map<String, Long> consumeCounts(String topic) {
    Map<String, Long> counts = new TreeMap<>();
    consumeTable(topic).forEach((key, value) -> counts.put(key, Long.valueOf(value)));
    return counts;
  }

  /** {@return a record to {@link #produce}: a text without a key} */
  public static ProducerRecord<byte[], byte[]> text(
      String topic, int partition, long timestampMs, String value) {
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    return new ProducerRecord<>(topic, partition, timestampMs, null, bytes);
  }

  /** Stops the broker unless it is external; a second call does nothing. */
  @Override
  public void close() {
    synchronized (SHARED_LOCK) {
      if (closed) {
        return;
      }
      closed = true;
      if (shared == this) {
        shared = null;
      }
    }
    producer.close(Duration.ZERO);
    admin.close(Duration.ZERO);
    broker.stop().run();
  }

  /** Compares positions, not records: the last offsets may be markers of transactions. */
  private static List<ConsumerRecord<byte[], byte[]>> readTo(
      Consumer<byte[], byte[]> consumer, Map<TopicPartition, Long> ends) {
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!ends.entrySet().stream()
        .allMatch(end -> consumer.position(end.getKey()) >= end.getValue())) {
      if (System.nanoTime() - deadline > 0) {
        throw new DevBrokerException(
            "Cannot consume to the end: it was not reached in time (ends="
                + ends
                + ", records="
                + records.size()
                + ").");
      }
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
        Long end = ends.get(new TopicPartition(record.topic(), record.partition()));
        if (end != null && record.offset() < end) {
          records.add(record);
        }
      }
    }
    records.sort(
        Comparator.<ConsumerRecord<byte[], byte[]>>comparingInt(ConsumerRecord::partition)
            .thenComparingLong(ConsumerRecord::offset));
    return records;
  }

  private List<TopicPartition> partitions(String topic) {
    TopicDescription description =
        await("describe topic " + topic, admin.describeTopics(List.of(topic)).allTopicNames())
            .get(topic);
    if (description == null) {
      throw new DevBrokerException("Cannot consume topic " + topic + ": it does not exist.");
    }
    return description.partitions().stream()
        .map(partition -> new TopicPartition(topic, partition.partition()))
        .toList();
  }

  /** Of several brokers, one may know the topic and another not yet. */
  private boolean answers(String topic, Map<TopicPartition, OffsetSpec> questions) {
    try {
      await("describe topic " + topic, admin.describeTopics(List.of(topic)).allTopicNames());
      await("create topic " + topic, admin.listOffsets(questions).all());
      return true;
    } catch (DevBrokerException e) {
      if (e.getCause() instanceof UnknownTopicOrPartitionException) {
        return false;
      }
      throw e;
    }
  }

  private void awaitAnswer() {
    await("reach the test broker", admin.describeCluster().nodes());
  }

  private void report() {
    String line = "TEST BROKER: " + description() + ", at " + bootstrapServers();
    System.out.println(line);
    Path file = Path.of(System.getProperty("basedir", "")).resolve(REPORT);
    try {
      Files.createDirectories(file.toAbsolutePath().resolveSibling("."));
      Files.writeString(file, line + System.lineSeparator());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Map<String, Object> clientProperties() {
    Map<String, Object> properties = new HashMap<>();
    properties.put("bootstrap.servers", bootstrapServers());
    return properties;
  }

  private <T extends @Nullable Object> T await(String verb, Future<T> answer) {
    try {
      return answer.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw failure(verb, e.getCause() == null ? e : e.getCause());
    } catch (TimeoutException e) {
      throw failure(verb, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failure(verb, e);
    }
  }

  private DevBrokerException failure(String verb, Throwable cause) {
    DevBrokerException failure =
        new DevBrokerException(
            "Cannot "
                + verb
                + ": "
                + cause
                + " (broker="
                + description()
                + ", at "
                + broker.bootstrapServers()
                + ").",
            cause);
    try {
      broker.check().run();
    } catch (DevBrokerException ended) {
      failure.addSuppressed(ended);
    }
    return failure;
  }
}
