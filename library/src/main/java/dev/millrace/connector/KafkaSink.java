package dev.millrace.connector;

import dev.millrace.function.MapFunction;
import dev.millrace.function.TimestampFunction;
import dev.millrace.internal.spec.Format;
import dev.millrace.internal.spec.KafkaSinkSpec;
import dev.millrace.internal.spec.Specs;
import dev.millrace.table.Change;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.apache.kafka.common.serialization.Serializer;

/**
 * A sink that writes to a Kafka topic, in the transaction that also covers the input and the state.
 *
 * <p><b>Contract.</b> The topic must exist. Exactly-once for readers that use {@code
 * isolation.level=read_committed}; others see records of transactions that were aborted.
 *
 * <p><b>Time.</b> A record's timestamp is the event time of the result: the end of its window less
 * a millisecond, or the time of the record that made it, for tables and late records, too. Brokers
 * refuse times more than an hour after their clock, and Kafka has none before 1970: event times
 * beyond that are written as the nearest possible ones. {@link #timestamp} sets another one and
 * {@link #writeTime} that of writing, which results also carry if one of their sources is not Kafka
 * and has neither an event time nor watermarks set.
 *
 * <p>A topic that keeps records by time (as by {@code retention.ms}, a week by default) judges them
 * by this timestamp: results of older events are deleted minutes after they are written, which is
 * logged once for each topic. Raise the topic's retention for them, or use {@link #writeTime}.
 *
 * <p><b>Compression.</b> None, unless {@link #compression} sets one or {@code
 * kafka.producer.compression.type} one for everything.
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
   * @param serializers makes a new serializer, configured, at each call. It is called whenever a
   *     task opens, also again after an abort; the task is the only one to use what it gets, and
   *     closes it. It is also called when the job is built, to see that each call makes a new one;
   *     these are closed at once
   */
  public static <T> KafkaSink<T> of(
      String topic, Supplier<? extends Serializer<? super T>> serializers) {
    return new KafkaSink<>(KafkaSinkSpec.append(topic, new Format.Encoded<>(serializers)));
  }

  /**
   * {@return a sink for a table's changes: the row's key as the record's key, the newest row as
   * JSON, and a null value (tombstone) where a row was deleted; fit for a compacted topic}
   *
   * <p>A row that cannot be written, and that the error policy drops, is deleted if it would have
   * replaced another one; without headers or timestamp if it is these that fail. Nothing deletes a
   * row elsewhere: what {@link #key} and {@link #topic} give for a change must depend on the row's
   * key alone.
   */
  public static <K, V> KafkaSink<Change<K, V>> upsert(String topic) {
    return new KafkaSink<>(KafkaSinkSpec.upsert(topic, new Format.JsonOut<>()));
  }

  /**
   * {@return as {@link #upsert(String)}, with rows that a Kafka serializer writes}
   *
   * @param serializers makes a new serializer at each call, as for {@link #of(String, Supplier)}
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
   * @param serializers makes a new serializer at each call, as for {@link #of(String, Supplier)}
   */
  public <K> KafkaSink<T> key(
      MapFunction<T, K> keyOf, Supplier<? extends Serializer<? super K>> serializers) {
    return new KafkaSink<>(spec.withKey(keyOf, new Format.Encoded<>(serializers)));
  }

  /** {@return the same sink with headers per record} */
  public KafkaSink<T> headers(MapFunction<T, List<KafkaRecord.Header>> headersOf) {
    return new KafkaSink<>(spec.withHeaders(headersOf));
  }

  /**
   * {@return the same sink with a timestamp per record, written as it is: brokers refuse one more
   * than an hour after their clock, which stops the job}
   */
  public KafkaSink<T> timestamp(TimestampFunction<T> timestampOf) {
    return new KafkaSink<>(spec.withTimestamp(timestampOf));
  }

  /** {@return the same sink with the time of writing as the timestamp of each record} */
  public KafkaSink<T> writeTime() {
    return new KafkaSink<>(spec.withWriteTime());
  }

  /**
   * {@return the same sink with compressed records}
   *
   * <p>A worker writes everything with one producer, so this holds for all sinks, shuffles and
   * changelogs of the stage the sink is in; two sinks of a stage cannot have different ones.
   */
  public KafkaSink<T> compression(Compression compression) {
    return new KafkaSink<>(spec.withCompression(compression.name().toLowerCase(Locale.ROOT)));
  }

  /** {@return the same sink with a topic per record} */
  public KafkaSink<T> topic(MapFunction<T, String> topicOf) {
    return new KafkaSink<>(spec.withTopics(topicOf));
  }
}
