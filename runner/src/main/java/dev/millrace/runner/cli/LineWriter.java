package dev.millrace.runner.cli;

import dev.millrace.config.JobConfig;
import dev.millrace.config.KafkaClientKind;
import dev.millrace.error.KafkaUnreachableException;
import dev.millrace.error.MillraceException;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * A writer of lines to a topic, their bytes as they are; a carriage return at the end of a line is
 * left out.
 *
 * <p><b>Threads.</b> Confined to one thread, except {@link #close}.
 */
final class LineWriter implements AutoCloseable {

  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(20);
  private static final long SECOND_NANOS = 1_000_000_000L;

  private final String topic;
  private final byte @Nullable [] keySeparator;
  private final List<Header> headers;
  private final Producer<byte[], byte[]> producer;
  private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
  private long written;

  LineWriter(JobConfig config, String topic, @Nullable String keySeparator, List<Header> headers) {
    this.topic = topic;
    this.keySeparator = keySeparator == null ? null : keySeparator.getBytes(StandardCharsets.UTF_8);
    this.headers = headers;
    Map<String, Object> settings = new HashMap<>();
    settings.put(ProducerConfig.LINGER_MS_CONFIG, 10);
    settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 15_000);
    settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 30_000);
    settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 15_000);
    settings.putAll(config.kafkaSettings(KafkaClientKind.PRODUCER));
    settings.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, config.bootstrapServers());
    this.producer =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
  }

  /** {@return how many records the broker has} */
  long written() {
    return written;
  }

  /**
   * Writes every line, and returns when the broker has acknowledged all of them.
   *
   * @param perSecond at most so many; 0 is no limit
   */
  void writeAll(InputStream input, long perSecond) throws IOException {
    BufferedInputStream in = new BufferedInputStream(input, 1 << 16);
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    long start = System.nanoTime();
    for (int b = in.read(); b >= 0; b = in.read()) {
      if (b != '\n') {
        line.write(b);
        continue;
      }
      if (perSecond > 0) {
        if (in.available() == 0) {
          producer.flush();
        }
        awaitTurn(start, perSecond);
      }
      send(line.toByteArray());
      line.reset();
    }
    if (line.size() > 0) {
      send(line.toByteArray());
    }
    producer.flush();
    checkFailure();
  }

  private void awaitTurn(long start, long perSecond) {
    long due =
        start + written / perSecond * SECOND_NANOS + written % perSecond * SECOND_NANOS / perSecond;
    for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  private void send(byte[] bytes) {
    int end = bytes.length > 0 && bytes[bytes.length - 1] == '\r' ? bytes.length - 1 : bytes.length;
    int separator = indexOfSeparator(bytes, end);
    byte @Nullable [] key = separator < 0 ? null : Arrays.copyOf(bytes, separator);
    int from = separator < 0 || keySeparator == null ? 0 : separator + keySeparator.length;
    byte[] value = Arrays.copyOfRange(bytes, from, end);
    checkFailure();
    try {
      producer.send(
          new ProducerRecord<>(topic, null, key, value, headers),
          (metadata, exception) -> {
            if (exception != null) {
              failure.compareAndSet(null, exception);
            }
          });
    } catch (TimeoutException e) {
      throw failed(e);
    }
    written++;
  }

  private int indexOfSeparator(byte[] bytes, int end) {
    if (keySeparator == null || keySeparator.length == 0) {
      return -1;
    }
    for (int i = 0; i + keySeparator.length <= end; i++) {
      if (Arrays.equals(bytes, i, i + keySeparator.length, keySeparator, 0, keySeparator.length)) {
        return i;
      }
    }
    return -1;
  }

  private void checkFailure() {
    Exception first = failure.get();
    if (first != null) {
      throw failed(first);
    }
  }

  private MillraceException failed(Exception cause) {
    String message = "Cannot write to topic " + topic + ": " + cause.getMessage();
    return cause instanceof TimeoutException
        ? new KafkaUnreachableException(message + ". Check that Kafka runs", cause)
        : new MillraceException(message, cause);
  }

  @Override
  public void close() {
    producer.close(CLOSE_TIMEOUT);
  }
}
