package dev.millrace.internal.connector;

import dev.millrace.connector.KafkaRecord;
import dev.millrace.error.ConfigurationException;
import dev.millrace.internal.codec.json.JsonCodec;
import dev.millrace.internal.codec.json.JsonDecoder;
import dev.millrace.internal.codec.json.JsonRules;
import dev.millrace.internal.spec.Format;
import dev.millrace.internal.spec.KafkaSourceSpec;
import dev.millrace.internal.table.TopicRow;
import dev.millrace.internal.type.Types;
import dev.millrace.internal.util.StrictText;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/**
 * The decoder of records of a user's topic into values.
 *
 * <p><b>Threads.</b> Confined to one task, and with it the user's deserializers.
 */
public final class RecordDecoder implements AutoCloseable {

  /** The reader of a key or a value. */
  @FunctionalInterface
  private interface Part extends AutoCloseable {

    /** {@return what the bytes hold} */
    Object of(String topic, Headers headers, byte[] bytes) throws Exception;

    @Override
    default void close() {}
  }

  private final Part values;
  private final @Nullable Part keys;
  private final boolean isTable;

  private RecordDecoder(Part values, @Nullable Part keys, boolean isTable) {
    this.values = values;
    this.keys = keys;
    this.isTable = isTable;
  }

  /**
   * Checks that a source makes a deserializer for each task.
   *
   * @throws ConfigurationException if its supplier returns the same one twice, or none
   */
  public static void check(KafkaSourceSpec source) {
    check(source, source.values());
    source.keys().ifPresent(keys -> check(source, keys));
  }

  private static void check(KafkaSourceSpec source, Format<?> format) {
    if (format instanceof Format.Decoded<?> decoded) {
      OnePerTask.check("Cannot read " + source.origin(), "deserializer", decoded.deserializers());
    }
  }

  /** {@return a decoder for a task of a source} */
  public static RecordDecoder of(KafkaSourceSpec source) {
    Part values = part(source.values(), source.json(), "deserializer");
    try {
      @Nullable Part keys =
          source
              .keys()
              .map(format -> part(format, source.json(), "deserializer of keys"))
              .orElse(null);
      return new RecordDecoder(values, keys, source.isTable());
    } catch (RuntimeException | Error e) {
      values.close();
      throw e;
    }
  }

  /** {@return what the stream has for a record: its value, the record as a whole, or a row} */
  public Object decode(ConsumerRecord<byte[], byte[]> record) throws Exception {
    byte @Nullable [] bytes = record.value();
    if (isTable) {
      return new TopicRow(
          rowKey(record),
          bytes == null ? null : values.of(record.topic(), record.headers(), bytes));
    }
    if (bytes == null) {
      throw new IllegalArgumentException("the record has no value (a tombstone)");
    }
    Object value = values.of(record.topic(), record.headers(), bytes);
    Part ofKeys = keys;
    return ofKeys == null ? value : whole(record, ofKeys, value);
  }

  private Object rowKey(ConsumerRecord<byte[], byte[]> record) throws Exception {
    byte @Nullable [] key = record.key();
    if (key == null) {
      throw new IllegalArgumentException(
          "the record has no key, so that it does not show which row of the table it is");
    }
    return Objects.requireNonNull(keys).of(record.topic(), record.headers(), key);
  }

  private static KafkaRecord<Object, Object> whole(
      ConsumerRecord<byte[], byte[]> record, Part keys, Object value) throws Exception {
    byte @Nullable [] key = record.key();
    List<KafkaRecord.Header> headers = new ArrayList<>();
    for (Header header : record.headers()) {
      headers.add(new KafkaRecord.Header(header.key(), header.value()));
    }
    return new KafkaRecord<>(
        key == null ? null : keys.of(record.topic(), record.headers(), key),
        value,
        headers,
        record.topic(),
        record.partition(),
        record.offset(),
        Instant.ofEpochMilli(record.timestamp()));
  }

  private static Part part(Format<?> format, JsonRules rules, String what) {
    if (format instanceof Format.Json<?> json) {
      JsonDecoder<?> decoder = JsonCodec.decoder(json.type().type(), rules);
      return (topic, headers, bytes) -> decoder.decode(bytes);
    }
    if (format instanceof Format.Utf8<?>) {
      return (topic, headers, bytes) -> StrictText.utf8(bytes);
    }
    if (format instanceof Format.Bytes) {
      return (topic, headers, bytes) -> bytes;
    }
    if (format instanceof Format.Decoded<?> decoded) {
      return new OfUser(decoded.deserializers().get(), Types.raw(decoded.type().type()), what);
    }
    throw new IllegalStateException("A source cannot read " + format);
  }

  @Override
  public void close() {
    values.close();
    if (keys != null) {
      keys.close();
    }
  }

  /**
   * A deserializer of the user's.
   *
   * @param type the class of what it returns
   */
  private record OfUser(Deserializer<?> deserializer, Class<?> type, String what) implements Part {

    @Override
    public Object of(String topic, Headers headers, byte[] bytes) {
      Object value = deserializer.deserialize(topic, headers, bytes);
      if (!type.isInstance(value)) {
        throw new IllegalArgumentException(
            "the source's "
                + what
                + " returned "
                + (value == null ? "null" : "a " + value.getClass().getName())
                + ", not a "
                + type.getName());
      }
      return value;
    }

    @Override
    public void close() {
      Utils.closeQuietly(deserializer, what);
    }
  }
}
