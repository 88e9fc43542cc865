package dev.millrace.internal.connector;

import dev.millrace.connector.Format;
import dev.millrace.connector.KafkaRecord;
import dev.millrace.connector.KafkaSink;
import dev.millrace.function.MapFunction;
import dev.millrace.function.TimestampFunction;
import dev.millrace.table.Change;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/**
 * Turns results into records of a user's topic.
 *
 * <p><b>Threads.</b> Confined to one worker, except that a user's serializer is called under its
 * own lock.
 */
public final class RecordEncoder {

  /** Writes one value as bytes. */
  private interface Bytes {
    byte[] of(String topic, Object value) throws Exception;
  }

  private final KafkaSink<?> sink;
  private final Bytes values;

  /** Creates the encoder of a sink. */
  public RecordEncoder(KafkaSink<?> sink) {
    this.sink = sink;
    this.values = values(sink.format());
  }

  /**
   * {@return the record for a result, or null if the sink leaves it out (the old row of an update)}
   */
  public @Nullable ProducerRecord<byte[], byte[]> encode(Object value) throws Exception {
    return sink.upsert() ? upsert((Change<?, ?>) value) : append(value);
  }

  private @Nullable ProducerRecord<byte[], byte[]> upsert(Change<?, ?> change) throws Exception {
    if (change.kind() == Change.Kind.UPDATE_BEFORE) {
      return null;
    }
    byte @Nullable [] value =
        change.kind() == Change.Kind.DELETE ? null : AnyJson.encode(change.value());
    return record(change, keyBytes(change.key()), value);
  }

  private ProducerRecord<byte[], byte[]> append(Object value) throws Exception {
    MapFunction<Object, ?> keyOf = cast(sink.keyFunction());
    byte @Nullable [] key = keyOf == null ? null : keyBytes(keyOf.apply(value));
    return record(value, key, values.of(sink.topic(), value));
  }

  private ProducerRecord<byte[], byte[]> record(
      Object result, byte @Nullable [] key, byte @Nullable [] value) throws Exception {
    MapFunction<Object, String> topicOf = cast(sink.topicFunction());
    MapFunction<Object, List<KafkaRecord.Header>> headersOf = cast(sink.headersFunction());
    @SuppressWarnings("unchecked") // the builder's types say what arrives
    TimestampFunction<Object> timeOf = (TimestampFunction<Object>) sink.timestampFunction();
    RecordHeaders headers = new RecordHeaders();
    if (headersOf != null) {
      headersOf.apply(result).forEach(header -> headers.add(header.name(), header.value()));
    }
    return new ProducerRecord<>(
        topicOf == null ? sink.topic() : topicOf.apply(result),
        null,
        timeOf == null ? null : timeOf.timestamp(result).toEpochMilli(),
        key,
        value,
        headers);
  }

  @SuppressWarnings("unchecked") // the builder's types say what arrives
  private static <R> @Nullable MapFunction<Object, R> cast(@Nullable MapFunction<?, R> function) {
    return (MapFunction<Object, R>) function;
  }

  private static byte @Nullable [] keyBytes(@Nullable Object key) throws Exception {
    if (key == null) {
      return null;
    }
    if (key instanceof byte[] bytes) {
      return bytes;
    }
    return key instanceof String text ? text.getBytes(StandardCharsets.UTF_8) : AnyJson.encode(key);
  }

  @SuppressWarnings("unchecked") // the builder's types say what arrives
  private static Bytes values(Format<?> format) {
    if (format instanceof Format.JsonOut<?>) {
      return (topic, value) -> AnyJson.encode(value);
    }
    if (format instanceof Format.Utf8<?>) {
      return (topic, value) -> value.toString().getBytes(StandardCharsets.UTF_8);
    }
    if (format instanceof Format.Bytes) {
      return (topic, value) -> (byte[]) value;
    }
    if (format instanceof Format.Encoded<?> encoded) {
      Serializer<Object> serializer = (Serializer<Object>) encoded.serializer();
      return (topic, value) -> {
        synchronized (serializer) {
          return serializer.serialize(topic, value);
        }
      };
    }
    throw new IllegalStateException("A sink cannot write " + format);
  }
}
