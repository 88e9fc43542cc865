package dev.millrace.connector;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A Kafka record with all that Kafka knows of it.
 *
 * <p><b>Threads.</b> Immutable as long as nobody changes the arrays.
 *
 * @param key the decoded key, or its bytes; null for a record without
 * @param value the decoded value
 * @param headers the headers in their order
 * @param topic the topic
 * @param partition the partition
 * @param offset the offset
 * @param timestamp the record's timestamp
 * @param <K> the keys; {@code byte[]} unless {@link KafkaSource#records(Class)} names a type
 * @param <V> the values
 */
public record KafkaRecord<K, V>(
    @Nullable K key,
    V value,
    List<Header> headers,
    String topic,
    int partition,
    long offset,
    Instant timestamp) {

  /**
   * One header.
   *
   * @param name the header's key
   * @param value its bytes, or null
   */
  @SuppressWarnings("ArrayRecordComponent") // bytes as Kafka has them; identity is not asked for
  public record Header(String name, byte @Nullable [] value) {}
}
