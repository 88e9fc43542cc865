package dev.millrace.benchmarks;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * A writer of a benchmark's input: text, of which nothing gets lost silently.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class InputWriter implements AutoCloseable {

  private final KafkaProducer<byte[], byte[]> producer;
  private volatile @Nullable Exception failure;

  InputWriter(String bootstrap) {
    producer =
        new KafkaProducer<>(
            Map.of(
                "bootstrap.servers",
                bootstrap,
                "linger.ms",
                20,
                "batch.size",
                256 << 10,
                "buffer.memory",
                64L << 20),
            new ByteArraySerializer(),
            new ByteArraySerializer());
  }

  /** Writes a record to the partition of its key. */
  void write(String topic, String key, @Nullable String value) {
    send(new ProducerRecord<>(topic, bytes(key), value == null ? null : bytes(value)));
  }

  /** Writes a record without a key. */
  void write(String topic, int partition, String value) {
    send(new ProducerRecord<>(topic, partition, null, bytes(value)));
  }

  private void send(ProducerRecord<byte[], byte[]> record) {
    check();
    producer.send(
        record,
        (metadata, exception) -> {
          if (exception != null) {
            failure = exception;
          }
        });
  }

  private void check() {
    Exception cause = failure;
    if (cause != null) {
      throw new IllegalStateException("Cannot write the input: " + cause, cause);
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Waits until all is written; fails if some of it cannot be. */
  @Override
  public void close() {
    producer.close();
    check();
  }
}
