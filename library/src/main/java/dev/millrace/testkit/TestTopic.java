package dev.millrace.testkit;

import dev.millrace.internal.connector.AnyJson;
import dev.millrace.internal.spec.Format;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/**
 * A topic that the test writes to.
 *
 * <p>Values are written as the source that reads the topic expects them: as JSON, as text, or bytes
 * as they are. Records are in the topic when a call returns; the job sees them at the next {@link
 * JobTest#run()}.
 *
 * <p><b>Threads.</b> Confined to the test's thread.
 *
 * @param <T> the values
 */
public final class TestTopic<T> {

  private final TestCluster cluster;
  private final String name;
  private final Format<?> format;
  private int next;

  TestTopic(TestCluster cluster, String name, Format<?> format) {
    this.cluster = cluster;
    this.name = name;
    this.format = format;
  }

  /** Sets how many partitions the topic has, by default 1. To be called before everything else. */
  public TestTopic<T> partitions(int count) {
    int present = cluster.partitions(name).orElse(count);
    if (present != count) {
      throw new IllegalStateException(
          "Cannot give topic "
              + name
              + " "
              + count
              + " partitions: it has "
              + present
              + " already. Call partitions ahead of sending and running");
    }
    cluster.createIfMissing(name, count);
    return this;
  }

  /**
   * Gives the topic more partitions than it has, as an administrator would. The job notices that at
   * the next {@link JobTest#run()}, and reads the new ones from then on.
   */
  public TestTopic<T> growTo(int count) {
    int present = partitionCount();
    if (count <= present) {
      throw new IllegalArgumentException(
          "Cannot grow topic "
              + name
              + " to "
              + count
              + " partitions: it has "
              + present
              + ". Give more");
    }
    cluster.grow(name, count);
    return this;
  }

  /** Sends a value, to each partition in turn. */
  public TestTopic<T> send(T value) {
    return send(TestRecord.of(value));
  }

  /** Sends values to one partition. */
  @SafeVarargs
  public final TestTopic<T> send(int partition, T... values) {
    for (T value : values) {
      send(TestRecord.of(value).partition(partition));
    }
    return this;
  }

  /** Sends a value with a timestamp to one partition. */
  public TestTopic<T> sendAt(int partition, Instant timestamp, T value) {
    return send(TestRecord.of(value).partition(partition).at(timestamp));
  }

  /**
   * Sends a record. Without a partition it goes where Kafka's own producers send its key; without a
   * key either, to each partition in turn.
   */
  public TestTopic<T> send(TestRecord<T> record) {
    write(record, encode(record.value()));
    return this;
  }

  /** Sends bytes as they are, such as a record that cannot be read. */
  public TestTopic<T> sendBytes(int partition, byte[] value) {
    write(TestRecord.of(value).partition(partition), value.clone());
    return this;
  }

  /** Sends a record without a value, a tombstone. */
  public TestTopic<T> sendTombstone(String key) {
    write(TestRecord.of("").key(key), null);
    return this;
  }

  private void write(TestRecord<?> record, byte @Nullable [] value) {
    int partitions = partitionCount();
    int partition = record.partition().orElseGet(() -> chosen(record.keyBytes(), partitions));
    if (partition < 0 || partition >= partitions) {
      throw new IllegalArgumentException(
          "Cannot send to partition "
              + partition
              + " of topic "
              + name
              + ": it has "
              + partitions
              + ". Call partitions("
              + (partition + 1)
              + ") first");
    }
    cluster.send(
        new ProducerRecord<>(
            name, partition, record.timestampMs(), record.keyBytes(), value, record.headers()));
  }

  private int partitionCount() {
    cluster.createIfMissing(name, 1);
    return cluster.partitions(name).orElse(1);
  }

  private int chosen(byte @Nullable [] key, int partitions) {
    return key == null ? next++ % partitions : Utils.toPositive(Utils.murmur2(key)) % partitions;
  }

  private byte[] encode(T value) {
    if (value instanceof byte[] bytes) {
      return bytes.clone();
    }
    if (format instanceof Format.Utf8<?>) {
      return value.toString().getBytes(StandardCharsets.UTF_8);
    }
    if (format instanceof Format.Json<?>) {
      return AnyJson.encode(value);
    }
    throw new IllegalArgumentException(
        "Cannot write a "
            + value.getClass().getSimpleName()
            + " to topic "
            + name
            + ": its source reads it with "
            + format
            + ". Send bytes");
  }

  /** {@return the topic's name} */
  public String name() {
    return name;
  }

  @Override
  public String toString() {
    return "topic " + name + List.of(cluster.partitions(name).orElse(0));
  }
}
