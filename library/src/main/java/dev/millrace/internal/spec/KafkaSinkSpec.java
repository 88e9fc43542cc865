package dev.millrace.internal.spec;

import dev.millrace.function.MapFunction;
import dev.millrace.function.TimestampFunction;
import dev.millrace.internal.util.DerivedName;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a {@code KafkaSink}.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param topic the topic, unless one is chosen per record
 * @param values the form of the values; of the rows, for a table's changes
 * @param upsert whether the results are the changes of a table
 * @param key makes the key of a record; null for that of the table's row, or none
 * @param keys the form of the keys
 * @param headers makes the headers of a record, a list of {@code KafkaRecord.Header}; null for none
 * @param timestamps the timestamps of records, if {@code timestamp} does not make them
 * @param timestamp makes the timestamp of a record
 * @param topics chooses the topic of a record; null for {@code topic}
 * @param compression the name that Kafka has for it, if it was set
 */
public record KafkaSinkSpec(
    String topic,
    Format<?> values,
    boolean upsert,
    @Nullable MapFunction<?, ?> key,
    Format<?> keys,
    @Nullable MapFunction<?, ?> headers,
    Timestamps timestamps,
    @Nullable TimestampFunction<?> timestamp,
    @Nullable MapFunction<?, String> topics,
    Optional<String> compression) {

  /** The timestamps of records for which no function makes one. */
  public enum Timestamps {
    /** The result's event time. */
    EVENT_TIME,
    /** The producer's clock. */
    WRITE_TIME
  }

  /** {@return the settings of a sink of results, all else as by default} */
  public static KafkaSinkSpec append(String topic, Format<?> values) {
    return of(topic, values, false);
  }

  /** {@return the settings of a sink of a table's changes, all else as by default} */
  public static KafkaSinkSpec upsert(String topic, Format<?> values) {
    return of(topic, values, true);
  }

  private static KafkaSinkSpec of(String topic, Format<?> values, boolean upsert) {
    return new KafkaSinkSpec(
        topic,
        values,
        upsert,
        null,
        new Format.Plain<>(),
        null,
        Timestamps.EVENT_TIME,
        null,
        null,
        Optional.empty());
  }

  /** {@return this with keys} */
  public KafkaSinkSpec withKey(MapFunction<?, ?> keyOf, Format<?> form) {
    return new KafkaSinkSpec(
        topic, values, upsert, keyOf, form, headers, timestamps, timestamp, topics, compression);
  }

  /** {@return this with headers} */
  public KafkaSinkSpec withHeaders(MapFunction<?, ?> headersOf) {
    return new KafkaSinkSpec(
        topic, values, upsert, key, keys, headersOf, timestamps, timestamp, topics, compression);
  }

  /** {@return this with timestamps} */
  public KafkaSinkSpec withTimestamp(TimestampFunction<?> timestampOf) {
    return new KafkaSinkSpec(
        topic, values, upsert, key, keys, headers, timestamps, timestampOf, topics, compression);
  }

  /** {@return this with timestamps of the producer's clock} */
  public KafkaSinkSpec withWriteTime() {
    return new KafkaSinkSpec(
        topic,
        values,
        upsert,
        key,
        keys,
        headers,
        Timestamps.WRITE_TIME,
        null,
        topics,
        compression);
  }

  /** {@return this with a compression} */
  public KafkaSinkSpec withCompression(String name) {
    return new KafkaSinkSpec(
        topic,
        values,
        upsert,
        key,
        keys,
        headers,
        timestamps,
        timestamp,
        topics,
        Optional.of(name));
  }

  /** {@return this with a topic per record} */
  public KafkaSinkSpec withTopics(MapFunction<?, String> topicOf) {
    return new KafkaSinkSpec(
        topic, values, upsert, key, keys, headers, timestamps, timestamp, topicOf, compression);
  }

  /** {@return the topic, unless one is chosen per record} */
  public Optional<String> fixedTopic() {
    return topics == null ? Optional.of(topic) : Optional.empty();
  }

  /** {@return a short name, {@code [a-z0-9-]}} */
  public String name() {
    return "kafka-" + DerivedName.of("topic", topic);
  }
}
