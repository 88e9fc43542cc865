package dev.millrace.testkit;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.jspecify.annotations.Nullable;

/**
 * A record to send to a topic, with whatever Kafka lets a record have.
 *
 * <p><b>Threads.</b> Immutable; every method returns a changed copy.
 *
 * <p><b>Example.</b> {@code words.send(TestRecord.of(word).key("a").at(noon).partition(1))}.
 *
 * @param <T> the value
 */
public final class TestRecord<T> {

  private final T value;
  private final byte @Nullable [] key;
  private final @Nullable Instant timestamp;
  private final @Nullable Integer partition;
  private final List<Header> headers;

  private TestRecord(
      T value,
      byte @Nullable [] key,
      @Nullable Instant timestamp,
      @Nullable Integer partition,
      List<Header> headers) {
    this.value = value;
    this.key = key;
    this.timestamp = timestamp;
    this.partition = partition;
    this.headers = headers;
  }

  /**
   * {@return a record without a key, stamped by the clock, for a partition of the topic's choice}
   */
  public static <T> TestRecord<T> of(T value) {
    return new TestRecord<>(value, null, null, null, List.of());
  }

  /** {@return the same record with a key of text} */
  public TestRecord<T> key(String newKey) {
    return key(newKey.getBytes(StandardCharsets.UTF_8));
  }

  /** {@return the same record with a key of bytes} */
  public TestRecord<T> key(byte[] newKey) {
    return new TestRecord<>(value, newKey.clone(), timestamp, partition, headers);
  }

  /** {@return the same record with a timestamp} */
  public TestRecord<T> at(Instant newTimestamp) {
    return new TestRecord<>(value, key, newTimestamp, partition, headers);
  }

  /** {@return the same record, for one partition} */
  public TestRecord<T> partition(int number) {
    return new TestRecord<>(value, key, timestamp, number, headers);
  }

  /** {@return the same record with one more header} */
  public TestRecord<T> header(String name, byte[] content) {
    List<Header> more = new ArrayList<>(headers);
    more.add(new RecordHeader(name, content.clone()));
    return new TestRecord<>(value, key, timestamp, partition, List.copyOf(more));
  }

  T value() {
    return value;
  }

  byte @Nullable [] keyBytes() {
    return key;
  }

  @Nullable Long timestampMs() {
    return timestamp == null ? null : timestamp.toEpochMilli();
  }

  Optional<Integer> partition() {
    return Optional.ofNullable(partition);
  }

  List<Header> headers() {
    return headers;
  }
}
