package dev.millrace.internal.connector;

import dev.millrace.connector.Format;
import dev.millrace.connector.KafkaRecord;
import dev.millrace.connector.KafkaSource;
import dev.millrace.internal.codec.JsonCodec;
import dev.millrace.internal.codec.JsonDecoder;
import dev.millrace.internal.codec.JsonRules;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.Deserializer;

/**
 * Turns records of a user's topic into values.
 *
 * <p><b>Threads.</b> Confined to one worker, except that a user's deserializer is called under its
 * own lock.
 */
@FunctionalInterface
public interface RecordDecoder {

  /** {@return the value of a record} */
  Object decode(ConsumerRecord<byte[], byte[]> record) throws Exception;

  /** {@return the decoder of a source} */
  static RecordDecoder of(KafkaSource<?> source) {
    RecordDecoder values = values(source.format());
    return source.withMetadata() ? record -> withMetadata(record, values.decode(record)) : values;
  }

  private static RecordDecoder values(Format<?> format) {
    if (format instanceof Format.Json<?> json) {
      JsonRules rules = JsonRules.DEFAULT.times(json.times());
      JsonDecoder<?> decoder =
          JsonCodec.decoder(json.type().type(), json.lenient() ? rules.lenient() : rules);
      return record -> decoder.decode(present(record));
    }
    if (format instanceof Format.Utf8<?>) {
      return record -> new String(present(record), StandardCharsets.UTF_8);
    }
    if (format instanceof Format.Bytes) {
      return RecordDecoder::present;
    }
    if (format instanceof Format.Decoded<?> decoded) {
      Deserializer<?> deserializer = decoded.deserializer();
      return record -> {
        synchronized (deserializer) {
          return deserializer.deserialize(record.topic(), record.headers(), record.value());
        }
      };
    }
    throw new IllegalStateException("A source cannot read " + format);
  }

  private static byte[] present(ConsumerRecord<byte[], byte[]> record) {
    byte[] value = record.value();
    if (value == null) {
      throw new IllegalArgumentException("the record has no value (a tombstone)");
    }
    return value;
  }

  private static KafkaRecord<Object> withMetadata(
      ConsumerRecord<byte[], byte[]> record, Object value) {
    List<KafkaRecord.Header> headers = new ArrayList<>();
    for (Header header : record.headers()) {
      headers.add(new KafkaRecord.Header(header.key(), header.value()));
    }
    return new KafkaRecord<>(
        record.key(),
        value,
        headers,
        record.topic(),
        record.partition(),
        record.offset(),
        Instant.ofEpochMilli(record.timestamp()));
  }
}
