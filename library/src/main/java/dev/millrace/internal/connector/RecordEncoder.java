package dev.millrace.internal.connector;

import dev.millrace.connector.KafkaRecord;
import dev.millrace.error.ConfigurationException;
import dev.millrace.function.MapFunction;
import dev.millrace.function.TimestampFunction;
import dev.millrace.internal.spec.Format;
import dev.millrace.internal.spec.KafkaSinkSpec;
import dev.millrace.internal.spec.KafkaSinkSpec.Timestamps;
import dev.millrace.internal.util.Clock;
import dev.millrace.table.Change;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/**
 * The encoder of results into records of a user's topic.
 *
 * <p><b>Threads.</b> Confined to one task, and with it the user's serializers.
 */
public final class RecordEncoder implements AutoCloseable {

  /** The writer of a key or a value as bytes. */
  @FunctionalInterface
  private interface Part extends AutoCloseable {

    byte @Nullable [] of(String topic, Object value) throws Exception;

    @Override
    default void close() {}
  }

  /** What brokers take by default, an hour, less what their clocks may differ from ours. */
  private static final long MAX_FUTURE_MS = 55 * 60_000L;

  private final String topic;
  private final boolean upsert;
  private final Part values;
  private final Part keys;
  private final @Nullable MapFunction<Object, ?> keyOf;
  private final @Nullable MapFunction<Object, List<KafkaRecord.Header>> headersOf;
  private final @Nullable TimestampFunction<Object> timestampOf;
  private final @Nullable MapFunction<Object, String> topicOf;
  private final Timestamps timestamps;
  private final Clock clock;

  /** Null where the topic's retention is not known or does not matter. */
  private final @Nullable Retention retention;

  /** The latest timestamp that brokers take, as of the last look at the clock. */
  private long latestMs = Long.MIN_VALUE;

  /** The oldest one that the topic keeps, as of the same look; the smallest for all. */
  private long oldestMs = Long.MIN_VALUE;

  /**
   * Creates the encoder of a sink in one task.
   *
   * @param retention that of its topic, if it deletes records by their timestamps
   */
  @SuppressWarnings("unchecked") // the builder's types fix what arrives
  public RecordEncoder(KafkaSinkSpec sink, Clock clock, @Nullable Retention retention) {
    this.topic = sink.topic();
    this.upsert = sink.upsert();
    this.values = part(sink.values());
    this.keys = keys(sink, values);
    this.keyOf = (MapFunction<Object, ?>) sink.key();
    this.headersOf = (MapFunction<Object, List<KafkaRecord.Header>>) sink.headers();
    this.timestampOf = (TimestampFunction<Object>) sink.timestamp();
    this.topicOf = (MapFunction<Object, String>) sink.topics();
    this.timestamps = sink.timestamps();
    this.clock = clock;
    this.retention = retention;
    lookAtClock();
  }

  private void lookAtClock() {
    long nowMs = clock.wallMs();
    latestMs = nowMs + MAX_FUTURE_MS;
    oldestMs = retention == null ? Long.MIN_VALUE : retention.oldestMs(nowMs);
  }

  private static Part keys(KafkaSinkSpec sink, Part values) {
    try {
      return part(sink.keys());
    } catch (RuntimeException | Error e) {
      values.close();
      throw e;
    }
  }

  /**
   * Checks that a sink makes a serializer for each task.
   *
   * @throws ConfigurationException if its supplier returns the same one twice, or none
   */
  public static void check(KafkaSinkSpec sink) {
    for (Format<?> format : List.of(sink.values(), sink.keys())) {
      if (format instanceof Format.Encoded<?> encoded) {
        OnePerTask.check(
            "Cannot write to topic '" + sink.topic() + "'", "serializer", encoded.serializers());
      }
    }
  }

  /**
   * {@return the record for a result, or null if the sink leaves it out (the old row of an update)}
   *
   * @param timeMs the result's event time
   */
  public @Nullable ProducerRecord<byte[], byte[]> encode(Object result, long timeMs)
      throws Exception {
    if (!upsert) {
      return record(result, timeMs, key(result, null), result);
    }
    Change<?, ?> change = (Change<?, ?>) result;
    return switch (change.kind()) {
      case UPDATE_BEFORE -> null;
      case DELETE -> record(result, timeMs, key(result, change.key()), null);
      case INSERT, UPDATE_AFTER ->
          record(result, timeMs, key(result, change.key()), change.value());
    };
  }

  /**
   * {@return what is written to a table's topic instead of a change that cannot be: that the row is
   * gone, since a stale one would be worse than none; null if there is none to be stale}
   */
  public @Nullable Object deletionInsteadOf(Object result) {
    if (!upsert || !(result instanceof Change<?, ?> change)) {
      return null;
    }
    return switch (change.kind()) {
      case INSERT, UPDATE_BEFORE -> null;
      case UPDATE_AFTER -> new Change<>(Change.Kind.DELETE, change.key(), change.value());
      case DELETE -> change;
    };
  }

  /**
   * {@return the record for a deletion without what the program adds to it: its headers or its
   * timestamp may be what fails}
   *
   * @param timeMs the result's event time
   */
  public ProducerRecord<byte[], byte[]> encodeBare(Object deletion, long timeMs) throws Exception {
    Change<?, ?> change = (Change<?, ?>) deletion;
    String to = topic(deletion);
    byte @Nullable [] key = keyBytes(to, key(deletion, change.key()));
    return new ProducerRecord<>(to, null, ownTimestamp(timeMs), key, null, null);
  }

  private @Nullable Object key(Object result, @Nullable Object otherwise) throws Exception {
    return keyOf == null ? otherwise : keyOf.apply(result);
  }

  private ProducerRecord<byte[], byte[]> record(
      Object result, long timeMs, @Nullable Object key, @Nullable Object value) throws Exception {
    String to = topic(result);
    @Nullable RecordHeaders headers = headersOf == null ? null : headers(headersOf.apply(result));
    return new ProducerRecord<>(
        to,
        null,
        timestamp(result, timeMs),
        keyBytes(to, key),
        value == null ? null : values.of(to, value),
        headers);
  }

  /** A name that no topic can have would fail the transaction, and no policy could pass over it. */
  private String topic(Object result) throws Exception {
    if (topicOf == null) {
      return topic;
    }
    String to = topicOf.apply(result);
    if (to == null) {
      throw new IllegalArgumentException("topic(..) returned null");
    }
    try {
      Topic.validate(to);
    } catch (InvalidTopicException e) {
      throw new IllegalArgumentException(
          "topic(..) returned '" + to + "', which no topic can be called: " + e.getMessage());
    }
    return to;
  }

  /** Without a key a record is no row, and a compacted topic refuses the transaction for it. */
  private byte @Nullable [] keyBytes(String to, @Nullable Object key) throws Exception {
    byte @Nullable [] bytes = key == null ? null : keys.of(to, key);
    if (upsert && bytes == null) {
      throw new IllegalArgumentException(
          "the row has no key: "
              + (key == null ? "key(..)" : "the serializer of keys")
              + " returned null");
    }
    return bytes;
  }

  private static RecordHeaders headers(List<KafkaRecord.Header> given) {
    RecordHeaders headers = new RecordHeaders();
    given.forEach(header -> headers.add(header.name(), header.value()));
    return headers;
  }

  private @Nullable Long timestamp(Object result, long timeMs) throws Exception {
    if (timestampOf != null) {
      long givenMs = timestampOf.timestamp(result).toEpochMilli();
      warnIfTooOld(givenMs, "which is what timestamp(..) returned");
      return givenMs;
    }
    return ownTimestamp(timeMs);
  }

  private @Nullable Long ownTimestamp(long timeMs) {
    if (timestamps == Timestamps.WRITE_TIME) {
      return null;
    }
    if (timeMs > latestMs) {
      lookAtClock();
    }
    long nearestMs = Math.max(0, Math.min(timeMs, latestMs));
    warnIfTooOld(nearestMs, "its event time");
    return nearestMs;
  }

  private void warnIfTooOld(long timestampMs, String origin) {
    if (timestampMs < oldestMs && retention != null) {
      retention.warn(timestampMs, origin);
      oldestMs = Long.MIN_VALUE;
    }
  }

  private static Part part(Format<?> format) {
    if (format instanceof Format.JsonOut<?>) {
      return (topic, value) -> AnyJson.encode(value);
    }
    if (format instanceof Format.Utf8<?>) {
      return (topic, value) -> value.toString().getBytes(StandardCharsets.UTF_8);
    }
    if (format instanceof Format.Bytes) {
      return (topic, value) -> (byte[]) value;
    }
    if (format instanceof Format.Plain<?>) {
      return (topic, value) ->
          value instanceof byte[] bytes
              ? bytes
              : value instanceof String text
                  ? text.getBytes(StandardCharsets.UTF_8)
                  : AnyJson.encode(value);
    }
    if (format instanceof Format.Encoded<?> encoded) {
      return new OfUser(encoded.serializers().get());
    }
    throw new IllegalStateException("A sink cannot write " + format);
  }

  @Override
  public void close() {
    values.close();
    keys.close();
  }

  /** A serializer of the user's. */
  private record OfUser(Serializer<?> serializer) implements Part {

    @Override
    @SuppressWarnings("unchecked") // the builder's types fix what arrives
    public byte @Nullable [] of(String topic, Object value) {
      return ((Serializer<Object>) serializer).serialize(topic, value);
    }

    @Override
    public void close() {
      Utils.closeQuietly(serializer, "serializer");
    }
  }
}
