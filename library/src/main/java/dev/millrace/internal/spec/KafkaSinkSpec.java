package dev.millrace.internal.spec;

import dev.millrace.function.MapFunction;
import dev.millrace.function.TimestampFunction;
import java.util.Locale;
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
 * @param timestamp makes the timestamp of a record; null for the usual one
 * @param topics chooses the topic of a record; null for {@code topic}
 */
public record KafkaSinkSpec(
    String topic,
    Format<?> values,
    boolean upsert,
    @Nullable MapFunction<?, ?> key,
    Format<?> keys,
    @Nullable MapFunction<?, ?> headers,
    @Nullable TimestampFunction<?> timestamp,
    @Nullable MapFunction<?, String> topics) {

  /** {@return the settings of a sink of results, all else as by default} */
  public static KafkaSinkSpec append(String topic, Format<?> values) {
    return new KafkaSinkSpec(topic, values, false, null, new Format.Plain<>(), null, null, null);
  }

  /** {@return the settings of a sink of a table's changes, all else as by default} */
  public static KafkaSinkSpec upsert(String topic, Format<?> values) {
    return new KafkaSinkSpec(topic, values, true, null, new Format.Plain<>(), null, null, null);
  }

  /** {@return this with keys} */
  public KafkaSinkSpec withKey(MapFunction<?, ?> keyOf, Format<?> form) {
    return new KafkaSinkSpec(topic, values, upsert, keyOf, form, headers, timestamp, topics);
  }

  /** {@return this with headers} */
  public KafkaSinkSpec withHeaders(MapFunction<?, ?> headersOf) {
    return new KafkaSinkSpec(topic, values, upsert, key, keys, headersOf, timestamp, topics);
  }

  /** {@return this with timestamps} */
  public KafkaSinkSpec withTimestamp(TimestampFunction<?> timestampOf) {
    return new KafkaSinkSpec(topic, values, upsert, key, keys, headers, timestampOf, topics);
  }

  /** {@return this with a topic per record} */
  public KafkaSinkSpec withTopics(MapFunction<?, String> topicOf) {
    return new KafkaSinkSpec(topic, values, upsert, key, keys, headers, timestamp, topicOf);
  }

  /** {@return a short name, {@code [a-z0-9-]}} */
  public String name() {
    return "kafka-"
        + topic.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-+|-+$", "");
  }
}
