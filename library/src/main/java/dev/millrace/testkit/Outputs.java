package dev.millrace.testkit;

import dev.millrace.connector.KafkaRecord;
import dev.millrace.internal.codec.json.JsonCodec;
import dev.millrace.internal.codec.json.JsonDecoder;
import dev.millrace.serde.TypeRef;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/**
 * The records that readers of the job's topics see.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class Outputs {

  private final TestCluster cluster;

  /** The offsets at which {@link #drain} goes on. */
  private final Map<TopicPartition, Long> drained = new HashMap<>();

  /** A function that turns the bytes of a value into the value. */
  private interface Values<T> {
    T of(byte[] bytes);
  }

  Outputs(TestCluster cluster) {
    this.cluster = cluster;
  }

  <T> List<T> values(String topic, TypeRef<T> type) {
    return records(topic, type).stream().map(KafkaRecord::value).toList();
  }

  <T> List<T> drain(String topic, TypeRef<T> type) {
    List<T> news = new ArrayList<>();
    for (KafkaRecord<byte[], T> record : records(topic, type)) {
      TopicPartition partition = new TopicPartition(topic, record.partition());
      if (record.offset() >= drained.getOrDefault(partition, 0L)) {
        drained.put(partition, record.offset() + 1);
        news.add(record.value());
      }
    }
    return news;
  }

  <T> List<KafkaRecord<byte[], T>> records(String topic, TypeRef<T> type) {
    Values<T> values = values(type);
    List<KafkaRecord<byte[], T>> records = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> record : cluster.committed(topic)) {
      byte @Nullable [] value = record.value();
      if (value != null) {
        records.add(
            new KafkaRecord<>(
                record.key(),
                values.of(value),
                headers(record),
                record.topic(),
                record.partition(),
                record.offset(),
                TestCluster.timestamp(record)));
      }
    }
    return records;
  }

  <T> Map<String, T> table(String topic, TypeRef<T> type) {
    Values<T> values = values(type);
    Map<String, T> rows = new LinkedHashMap<>();
    for (ConsumerRecord<byte[], byte[]> record : cluster.committed(topic)) {
      byte @Nullable [] key = record.key();
      byte @Nullable [] value = record.value();
      String name = key == null ? "" : new String(key, StandardCharsets.UTF_8);
      if (value == null) {
        rows.remove(name);
      } else {
        rows.put(name, values.of(value));
      }
    }
    return rows;
  }

  List<DeadLetter> deadLetters(String topic) {
    List<DeadLetter> letters = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> record : cluster.committed(topic)) {
      Map<String, String> headers = new LinkedHashMap<>();
      for (Header header : record.headers()) {
        headers.put(header.key(), text(header.value()));
      }
      letters.add(new DeadLetter(record.key(), record.value(), headers));
    }
    return letters;
  }

  private static String text(byte @Nullable [] bytes) {
    return bytes == null ? "" : new String(bytes, StandardCharsets.UTF_8);
  }

  private static List<KafkaRecord.Header> headers(ConsumerRecord<byte[], byte[]> record) {
    List<KafkaRecord.Header> headers = new ArrayList<>();
    for (Header header : record.headers()) {
      headers.add(new KafkaRecord.Header(header.key(), header.value()));
    }
    return headers;
  }

  /** Text and bytes as they are, all else from JSON. */
  @SuppressWarnings("unchecked") // what is asked for decides what is made
  private static <T> Values<T> values(TypeRef<T> type) {
    if (type.type() == String.class) {
      return bytes -> (T) new String(bytes, StandardCharsets.UTF_8);
    }
    if (type.type() == byte[].class) {
      return bytes -> (T) bytes;
    }
    JsonDecoder<?> decoder = JsonCodec.decoder(type.type());
    return bytes -> (T) decoder.decode(bytes);
  }
}
