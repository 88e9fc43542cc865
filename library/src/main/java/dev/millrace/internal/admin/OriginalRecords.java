package dev.millrace.internal.admin;

import dev.millrace.internal.kafka.Cluster;
import dev.millrace.internal.kafka.KafkaClients;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * The records of dead letters that are too large to hold them, as the topics have them that they
 * are from.
 *
 * <p><b>Threads.</b> Confined to the caller's thread.
 */
final class OriginalRecords implements AutoCloseable {

  private final Cluster cluster;
  private @Nullable Consumer<byte[], byte[]> consumer;

  OriginalRecords(Cluster cluster) {
    this.cluster = cluster;
  }

  /**
   * {@return the record of a letter, if it is still there}
   *
   * @throws dev.millrace.error.KafkaUnreachableException if brokers send nothing for ten seconds
   */
  Optional<ConsumerRecord<byte[], byte[]>> find(Letter letter) {
    TopicPartition partition = new TopicPartition(letter.kind().topic(), letter.recordPartition());
    long offset = letter.recordOffset();
    List<TopicPartition> one = List.of(partition);
    if (offset < cluster.offsets().beginnings(one).getOrDefault(partition, 0L)) {
      return Optional.empty();
    }
    long end =
        cluster.offsets().ends(one, IsolationLevel.READ_COMMITTED).getOrDefault(partition, 0L);
    Consumer<byte[], byte[]> reader = consumer();
    reader.assign(one);
    reader.seek(partition, offset);
    ScanToEnd scan = new ScanToEnd(reader, Map.of(partition, end));
    while (scan.isBehind()) {
      for (ConsumerRecord<byte[], byte[]> record : scan.poll()) {
        return Optional.of(record).filter(found -> found.offset() == offset && isOf(letter, found));
      }
    }
    return Optional.empty();
  }

  private Consumer<byte[], byte[]> consumer() {
    Consumer<byte[], byte[]> open = consumer;
    if (open == null) {
      open = cluster.clients().refreshConsumer("millrace-letters");
      consumer = open;
    }
    return open;
  }

  /** A topic that was created again has other records at the same offsets. */
  private static boolean isOf(Letter letter, ConsumerRecord<byte[], byte[]> record) {
    byte[] piece = bytes(letter.stored().value());
    byte[] key = bytes(record.key());
    byte[] value = bytes(record.value());
    int ofKey = letter.keyBytes();
    if (ofKey == 0) {
      return Arrays.equals(bytes(letter.stored().key()), key) && beginsWith(value, piece, 0);
    }
    return ofKey == key.length
        && beginsWith(key, Arrays.copyOf(piece, Math.min(piece.length, ofKey)), 0)
        && beginsWith(value, piece, ofKey);
  }

  /** {@return whether the bytes begin with what a piece has from a place on} */
  private static boolean beginsWith(byte[] bytes, byte[] piece, int from) {
    int length = Math.max(0, piece.length - from);
    return length <= bytes.length
        && (length == 0 || Arrays.equals(bytes, 0, length, piece, from, piece.length));
  }

  private static byte[] bytes(byte @Nullable [] bytes) {
    return bytes == null ? new byte[0] : bytes;
  }

  @Override
  public void close() {
    Consumer<byte[], byte[]> open = consumer;
    if (open != null) {
      KafkaClients.closeReader(open);
    }
  }
}
