package dev.millrace.sidebyside.driver;

import dev.millrace.devbroker.BrokerOptions;
import dev.millrace.devbroker.ChildKafka;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RetriableException;

/**
 * The broker of all runs, in a process of its own.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
final class Kafka implements AutoCloseable {

  private static final int LEADERS_SECONDS = 60;
  private static final long PAUSE_MS = 50;

  private final ChildKafka broker;
  private final Admin admin;

  private Kafka(ChildKafka broker) {
    this.broker = broker;
    this.admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()));
  }

  static Kafka start() {
    return new Kafka(
        ChildKafka.start(
            BrokerOptions.singleNode()
                // Kafka's own default. A development broker does not wait, so that the first thread
                // of a group gets all partitions and has a head start when it has to give some up.
                .withServerProperty("group.initial.rebalance.delay.ms", "3000")));
  }

  String bootstrapServers() {
    return broker.bootstrapServers();
  }

  long pid() {
    return broker.pid();
  }

  /** Creates a topic and waits until all its partitions take records. */
  void create(String topic, int partitions, Map<String, String> settings) throws Exception {
    admin
        .createTopics(
            List.of(
                new NewTopic(topic, Optional.of(partitions), Optional.empty()).configs(settings)))
        .all()
        .get();
    awaitLeaders(
        IntStream.range(0, partitions)
            .mapToObj(partition -> new TopicPartition(topic, partition))
            .collect(Collectors.toMap(Function.identity(), partition -> OffsetSpec.latest())));
  }

  /** Asks what leaders alone can answer, until all do. */
  private void awaitLeaders(Map<TopicPartition, OffsetSpec> partitions) throws Exception {
    long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(LEADERS_SECONDS);
    while (true) {
      try {
        admin.listOffsets(partitions).all().get();
        return;
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof RetriableException) || System.nanoTime() > deadlineNanos) {
          throw e;
        }
        Thread.sleep(PAUSE_MS);
      }
    }
  }

  /**
   * Creates a topic whose records carry the time at which the broker took them, whatever the engine
   * writes.
   */
  void createOutput(String topic, int partitions) throws Exception {
    create(topic, partitions, Map.of("message.timestamp.type", "LogAppendTime"));
  }

  /** Deletes a topic. */
  void delete(String topic) throws Exception {
    admin.deleteTopics(Set.of(topic)).all().get();
  }

  /** Deletes all topics but Kafka's own, a given one, and inputs of several runs. */
  void deleteAllBut(String topic) throws Exception {
    Set<String> topics =
        admin.listTopics().names().get().stream()
            .filter(name -> !name.equals(topic) && !name.startsWith(InputTopic.SHARED))
            .filter(name -> !name.startsWith("__"))
            .collect(Collectors.toSet());
    admin.deleteTopics(topics).all().get();
  }

  /** {@return the bytes of the logs of all partitions but those of a topic, by partition} */
  Map<String, Long> logBytes(String butTopic) throws Exception {
    Map<String, Long> bytes = new HashMap<>();
    for (Map<String, LogDirDescription> directories :
        admin.describeLogDirs(List.of(0)).allDescriptions().get().values()) {
      for (LogDirDescription directory : directories.values()) {
        directory
            .replicaInfos()
            .forEach(
                (partition, replica) -> {
                  if (!partition.topic().equals(butTopic)) {
                    bytes.put(partition.toString(), replica.size());
                  }
                });
      }
    }
    return bytes;
  }

  @Override
  public void close() {
    admin.close();
    broker.close();
  }
}
