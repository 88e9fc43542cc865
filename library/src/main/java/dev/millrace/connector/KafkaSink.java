package dev.millrace.connector;

import dev.millrace.function.MapFunction;
import dev.millrace.function.TimestampFunction;
import java.util.List;
import java.util.Locale;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/**
 * Writes to a Kafka topic, in the transaction that also covers the input and the state.
 *
 * <p><b>Contract.</b> The topic must exist. Exactly-once for readers that use {@code
 * isolation.level=read_committed}; others see records of transactions that were aborted.
 *
 * <p><b>Time.</b> The record's timestamp is the broker's affair unless {@link #timestamp} states
 * one: an event time more than an hour ahead of the clock would be refused by the broker's
 * defaults.
 *
 * <p><b>Threads.</b> Immutable; every method returns a changed copy.
 *
 * @param <T> the results
 */
public final class KafkaSink<T> implements Sink<T> {

  private final String topic;
  private final Format<T> format;
  private final boolean upsert;
  private final @Nullable MapFunction<T, ?> key;
  private final @Nullable MapFunction<T, List<KafkaRecord.Header>> headers;
  private final @Nullable TimestampFunction<T> timestamp;
  private final @Nullable MapFunction<T, String> topics;

  private KafkaSink(
      String topic,
      Format<T> format,
      boolean upsert,
      @Nullable MapFunction<T, ?> key,
      @Nullable MapFunction<T, List<KafkaRecord.Header>> headers,
      @Nullable TimestampFunction<T> timestamp,
      @Nullable MapFunction<T, String> topics) {
    this.topic = topic;
    this.format = format;
    this.upsert = upsert;
    this.key = key;
    this.headers = headers;
    this.timestamp = timestamp;
    this.topics = topics;
  }

  /** {@return a sink that writes JSON} */
  public static <T> KafkaSink<T> json(String topic) {
    return new KafkaSink<>(topic, new Format.JsonOut<>(), false, null, null, null, null);
  }

  /** {@return a sink that writes what {@code toString} says, in UTF-8} */
  public static <T> KafkaSink<T> strings(String topic) {
    return new KafkaSink<>(topic, new Format.Utf8<>(), false, null, null, null, null);
  }

  /** {@return a sink that writes bytes as they are} */
  public static KafkaSink<byte[]> bytes(String topic) {
    return new KafkaSink<>(topic, new Format.Bytes(), false, null, null, null, null);
  }

  /** {@return a sink that writes with a Kafka serializer (Avro, Protobuf, ...)} */
  public static <T> KafkaSink<T> of(String topic, Serializer<T> serializer) {
    return new KafkaSink<>(topic, new Format.Encoded<>(serializer), false, null, null, null, null);
  }

  /**
   * {@return a sink for a table's changes: the key as the record's key, the newest value as JSON,
   * and a null value (tombstone) where a row was deleted; fit for a compacted topic}
   */
  public static <T> KafkaSink<T> upsert(String topic) {
    return new KafkaSink<>(topic, new Format.JsonOut<>(), true, null, null, null, null);
  }

  /** {@return the same sink with a key per record: text and bytes as they are, all else as JSON} */
  public KafkaSink<T> key(MapFunction<T, ?> keyOf) {
    return new KafkaSink<>(topic, format, upsert, keyOf, headers, timestamp, topics);
  }

  /** {@return the same sink with headers per record} */
  public KafkaSink<T> headers(MapFunction<T, List<KafkaRecord.Header>> headersOf) {
    return new KafkaSink<>(topic, format, upsert, key, headersOf, timestamp, topics);
  }

  /** {@return the same sink with a timestamp per record} */
  public KafkaSink<T> timestamp(TimestampFunction<T> timestampOf) {
    return new KafkaSink<>(topic, format, upsert, key, headers, timestampOf, topics);
  }

  /** {@return the same sink with a topic per record} */
  public KafkaSink<T> topic(MapFunction<T, String> topicOf) {
    return new KafkaSink<>(topic, format, upsert, key, headers, timestamp, topicOf);
  }

  /** {@return the topic, unless one is chosen per record} */
  public String topic() {
    return topic;
  }

  /** {@return how values are written} */
  public Format<T> format() {
    return format;
  }

  /** {@return whether this sink takes a table's changes} */
  public boolean upsert() {
    return upsert;
  }

  /** {@return the key of a record, if stated} */
  public @Nullable MapFunction<T, ?> keyFunction() {
    return key;
  }

  /** {@return the headers of a record, if stated} */
  public @Nullable MapFunction<T, List<KafkaRecord.Header>> headersFunction() {
    return headers;
  }

  /** {@return the timestamp of a record, if stated} */
  public @Nullable TimestampFunction<T> timestampFunction() {
    return timestamp;
  }

  /** {@return the topic of a record, if chosen per record} */
  public @Nullable MapFunction<T, String> topicFunction() {
    return topics;
  }

  @Override
  public String name() {
    return "kafka-"
        + topic.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-+|-+$", "");
  }
}
