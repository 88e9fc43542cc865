package dev.millrace.internal.admin;

import dev.millrace.error.KafkaUnreachableException;
import dev.millrace.error.Place;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The reading of partitions up to where they ended when it began.
 *
 * <p>A consumer of Kafka waits for brokers that are away without a word. So a scan that gets no
 * further for as long as the calls of Kafka's admin client wait is aborted.
 *
 * <p><b>Threads.</b> Confined to the thread of its consumer.
 */
final class ScanToEnd {

  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final long MOST_POLLS_IN_VAIN = PATIENCE.toMillis() / POLL.toMillis();

  private final Consumer<byte[], byte[]> consumer;
  private final Map<TopicPartition, Long> ends;
  private Map<TopicPartition, Long> positions = new HashMap<>();
  private long pollsInVain;

  /**
   * Creates a scan.
   *
   * @param consumer has the partitions assigned, and its positions where the scan begins. One of
   *     {@code refreshConsumer}: any other leaves an open fetch that the next one waits for
   * @param ends where it ends, exclusive
   */
  ScanToEnd(Consumer<byte[], byte[]> consumer, Map<TopicPartition, Long> ends) {
    this.consumer = consumer;
    this.ends = Map.copyOf(ends);
  }

  /**
   * {@return whether the end of a partition is not reached}
   *
   * @throws KafkaUnreachableException if brokers do not answer where a partition begins
   */
  boolean isBehind() {
    return ends.entrySet().stream().anyMatch(end -> position(end.getKey()) < end.getValue());
  }

  private long position(TopicPartition partition) {
    try {
      return consumer.position(partition, PATIENCE);
    } catch (TimeoutException e) {
      throw silent(partition, "its first offset is not known", e);
    }
  }

  /**
   * {@return the next records before the ends; there may be none yet}
   *
   * @throws KafkaUnreachableException if there were none for too long
   */
  List<ConsumerRecord<byte[], byte[]>> poll() {
    List<ConsumerRecord<byte[], byte[]>> before = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
      TopicPartition partition = new TopicPartition(record.topic(), record.partition());
      if (record.offset() < ends.getOrDefault(partition, 0L)) {
        before.add(record);
      }
    }
    Map<TopicPartition, Long> reached = new HashMap<>();
    ends.keySet().forEach(partition -> reached.put(partition, position(partition)));
    // Markers of transactions are progress, too, though they are no records.
    pollsInVain = reached.equals(positions) ? pollsInVain + 1 : 0;
    positions = reached;
    if (pollsInVain >= MOST_POLLS_IN_VAIN) {
      reached.forEach(
          (partition, position) -> {
            long end = ends.getOrDefault(partition, 0L);
            if (position < end) {
              throw silent(partition, "at offset " + position + " of " + end, null);
            }
          });
    }
    return before;
  }

  private static KafkaUnreachableException silent(
      TopicPartition partition, String where, @Nullable Throwable cause) {
    return new KafkaUnreachableException(
        "Cannot read topic "
            + partition.topic()
            + ": its brokers have sent nothing of partition "
            + partition.partition()
            + " for "
            + PATIENCE.toSeconds()
            + " s ("
            + where
            + "). Check that they run, and repeat the call",
        Place.ofPartition(partition.topic(), partition.partition()),
        cause);
  }
}
