package dev.millrace.internal.kafka;

import dev.millrace.error.MillraceException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.Node;

/**
 * The seam to Kafka: the factory of an instance's clients, all of them over bytes.
 *
 * <p>Callers own the consumers and producers they get, and close them. The admin client is shared
 * and belongs to this object.
 *
 * <p><b>Threads.</b> Safe for any thread; for the clients that it returns see kafka-clients.
 */
public interface KafkaClients extends AutoCloseable {

  /**
   * {@return a member of a stage's group: read_committed, no reset, no automatic commit}
   *
   * @param clientId the worker's transactional id, by which others recognise whether it is alive
   * @param groupInstanceId makes the member static
   * @param member what the member reports to the group's leader, which places tasks; unused where
   *     the broker does
   * @param workersOnInstance the number of workers that share this instance's memory
   */
  Consumer<byte[], byte[]> stageConsumer(
      String groupId,
      String clientId,
      Optional<String> groupInstanceId,
      StageMember member,
      int workersOnInstance);

  /** The compression of topics that only Millrace reads. */
  String INTERNAL_COMPRESSION = "lz4";

  /**
   * {@return a producer whose transactions have not been initialised yet}
   *
   * @param compression Kafka's name of it, unless the configuration sets one
   */
  Producer<byte[], byte[]> transactionalProducer(
      String transactionalId, String clientId, String compression);

  /**
   * {@return an idempotent producer without transactions}
   *
   * @param compression Kafka's name of it, unless the configuration sets one
   */
  Producer<byte[], byte[]> plainProducer(String clientId, String compression);

  /** {@return a producer for internal topics} */
  default Producer<byte[], byte[]> transactionalProducer(String transactionalId, String clientId) {
    return transactionalProducer(transactionalId, clientId, INTERNAL_COMPRESSION);
  }

  /** {@return a producer for internal topics, without transactions} */
  default Producer<byte[], byte[]> plainProducer(String clientId) {
    return plainProducer(clientId, INTERNAL_COMPRESSION);
  }

  /** {@return a consumer for changelogs: read_committed, without a group, for assign() only} */
  Consumer<byte[], byte[]> restoreConsumer(String clientId);

  /** {@return a consumer for looking into topics, without a group, for assign() only} */
  Consumer<byte[], byte[]> readerConsumer(String clientId, IsolationLevel isolation);

  /**
   * {@return a read_committed consumer for reading a topic up to its present end again and again,
   * without a group, for assign() only}
   *
   * <p>Brokers hold its fetches back for hardly any time if there are no records: a broker answers
   * the requests of a connection in order, so that the next one would wait just as long.
   */
  Consumer<byte[], byte[]> refreshConsumer(String clientId);

  /**
   * Closes a consumer that is in no group, at once.
   *
   * <p>Given time, a consumer closes its sessions of fetches at the brokers. Each takes that up
   * only after the fetch that is under way, which it holds back for {@code fetch.max.wait.ms} while
   * there are no records. Brokers forget such sessions by themselves.
   */
  static void closeReader(Consumer<?, ?> reader) {
    reader.close(CloseOptions.timeout(Duration.ZERO));
  }

  /**
   * Ends committed transactions in partitions in which their coordinator has not done so.
   *
   * @param leader the broker that leads all the partitions
   * @throws MillraceException if a marker cannot be written
   */
  void writeCommitMarkers(Node leader, List<CommitMarker> markers);

  /** {@return the shared admin client, open until {@link #close}} */
  Admin admin();

  /** Closes the admin client. */
  @Override
  void close();
}
