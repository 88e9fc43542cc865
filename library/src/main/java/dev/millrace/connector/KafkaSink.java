package dev.millrace.connector;

import dev.millrace.function.MapFunction;
import dev.millrace.function.TimestampFunction;
import dev.millrace.internal.spec.Format;
import dev.millrace.internal.spec.KafkaSinkSpec;
import dev.millrace.internal.spec.Specs;
import dev.millrace.table.Change;
import java.util.List;
import java.util.function.Supplier;
import org.apache.kafka.common.serialization.Serializer;

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
 * <p><b>Threads.</b> Immutable; every method returns a changed copy that keeps all else.
 *
 * @param <T> the results
 */
public final class KafkaSink<T> implements Sink<T> {

  static {
    Specs.grant(KafkaSink.class, sink -> sink.spec);
  }

  private final KafkaSinkSpec spec;

  private KafkaSink(KafkaSinkSpec spec) {
    this.spec = spec;
  }

  /** {@return a sink that writes JSON} */
  public static <T> KafkaSink<T> json(String topic) {
    return new KafkaSink<>(KafkaSinkSpec.append(topic, new Format.JsonOut<>()));
  }

  /** {@return a sink that writes the result of {@code toString}, in UTF-8} */
  public static <T> KafkaSink<T> strings(String topic) {
    return new KafkaSink<>(KafkaSinkSpec.append(topic, new Format.Utf8<>()));
  }

  /** {@return a sink that writes bytes as they are} */
  public static KafkaSink<byte[]> bytes(String topic) {
    return new KafkaSink<>(KafkaSinkSpec.append(topic, new Format.Bytes()));
  }

  /**
   * {@return a sink that writes with a Kafka serializer (Avro, Protobuf, ...)}
   *
   * <p>Example: {@code KafkaSink.of("counts", LongSerializer::new)}.
   *
   * @param serializers makes a serializer, configured; called once for each task, which is the only
   *     one to use it and closes it
   */
  public static <T> KafkaSink<T> of(
      String topic, Supplier<? extends Serializer<? super T>> serializers) {
    return new KafkaSink<>(KafkaSinkSpec.append(topic, new Format.Encoded<>(serializers)));
  }

  /**
   * {@return a sink for a table's changes: the row's key as the record's key, the newest row as
   * JSON, and a null value (tombstone) where a row was deleted; fit for a compacted topic}
   */
  public static <K, V> KafkaSink<Change<K, V>> upsert(String topic) {
    return new KafkaSink<>(KafkaSinkSpec.upsert(topic, new Format.JsonOut<>()));
  }

  /**
   * {@return as {@link #upsert(String)}, with rows that a Kafka serializer writes}
   *
   * @param serializers makes a serializer, configured; called once for each task
   */
  public static <K, V> KafkaSink<Change<K, V>> upsert(
      String topic, Supplier<? extends Serializer<? super V>> serializers) {
    return new KafkaSink<>(KafkaSinkSpec.upsert(topic, new Format.Encoded<>(serializers)));
  }

  /** {@return the same sink with a key per record: text and bytes as they are, all else as JSON} */
  public KafkaSink<T> key(MapFunction<T, ?> keyOf) {
    return new KafkaSink<>(spec.withKey(keyOf, new Format.Plain<>()));
  }

  /**
   * {@return the same sink with a key per record that a Kafka serializer writes}
   *
   * @param serializers makes a serializer, configured; called once for each task
   */
  public <K> KafkaSink<T> key(
      MapFunction<T, K> keyOf, Supplier<? extends Serializer<? super K>> serializers) {
    return new KafkaSink<>(spec.withKey(keyOf, new Format.Encoded<>(serializers)));
  }

  /** {@return the same sink with headers per record} */
  public KafkaSink<T> headers(MapFunction<T, List<KafkaRecord.Header>> headersOf) {
    return new KafkaSink<>(spec.withHeaders(headersOf));
  }

  /** {@return the same sink with a timestamp per record} */
  public KafkaSink<T> timestamp(TimestampFunction<T> timestampOf) {
    return new KafkaSink<>(spec.withTimestamp(timestampOf));
  }

  /** {@return the same sink with a topic per record} */
  public KafkaSink<T> topic(MapFunction<T, String> topicOf) {
    return new KafkaSink<>(spec.withTopics(topicOf));
  }
}
