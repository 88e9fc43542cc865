package dev.millrace.runner.supervise;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.devbroker.testing.TestBroker;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;

/**
 * A steady stream of lines with one first letter, and the committed counts that a job makes of
 * them: they only grow, and the last one is the number of lines, or the job is wrong.
 *
 * <p><b>Threads.</b> Confined to the test, besides the two that write and read.
 */
final class CountedStream implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(120);
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

  private final Producer<byte[], byte[]> producer;
  private final Consumer<byte[], byte[]> consumer;
  private final String in;
  private final Thread writer = new Thread(this::write, "stream-writer");
  private final Thread reader = new Thread(this::read, "stream-reader");
  private final Object lock = new Object();
  private volatile boolean finishing;
  private volatile boolean closing;
  private volatile Throwable failure;
  private long sent;
  private long seen;
  private long lastSeenNanos;

  /**
   * A moment, such as that of a kill.
   *
   * @param nanos when
   * @param sent how many lines were sent before
   */
  record Mark(long nanos, long sent) {

    long msSince() {
      return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanos);
    }
  }

  private CountedStream(TestBroker broker, String in, String out) {
    this.in = in;
    Map<String, Object> settings = new HashMap<>();
    settings.put("bootstrap.servers", broker.bootstrapServers());
    this.producer =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
    settings.put("isolation.level", "read_committed");
    settings.put("enable.auto.commit", "false");
    this.consumer =
        new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    consumer.assign(List.of(new TopicPartition(out, 0)));
    consumer.seekToBeginning(consumer.assignment());
  }

  static CountedStream start(TestBroker broker, String in, String out) {
    CountedStream stream = new CountedStream(broker, in, out);
    stream.writer.start();
    stream.reader.start();
    return stream;
  }

  private void write() {
    byte[] line = "a".getBytes(StandardCharsets.UTF_8);
    while (!finishing && !closing) {
      synchronized (lock) {
        sent++;
      }
      producer.send(
          new ProducerRecord<>(in, null, line),
          (metadata, refused) -> {
            if (refused != null) {
              failure = refused;
            }
          });
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  private void read() {
    try (consumer) {
      while (!closing) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
          take(Long.parseLong(new String(record.value(), StandardCharsets.UTF_8)));
        }
      }
    } catch (Throwable e) {
      failure = e;
    }
  }

  /** A result may stand for several lines. */
  private void take(long count) {
    synchronized (lock) {
      if (count <= seen) {
        failure = new AssertionError("The count " + count + " came after " + seen);
      }
      seen = count;
      lastSeenNanos = System.nanoTime();
      lock.notifyAll();
    }
  }

  /** {@return the present moment} */
  Mark mark() {
    synchronized (lock) {
      return new Mark(System.nanoTime(), sent);
    }
  }

  /** Waits until all that was sent so far is counted. */
  void awaitCaughtUp() throws InterruptedException {
    await(mark().sent(), 0);
  }

  /**
   * {@return how long it took until the first result was seen that the killed process had not made}
   * Called once the next process is there: what came before that was the last of the killed one.
   */
  long awaitFirstAfter(Mark mark) throws InterruptedException {
    long before;
    synchronized (lock) {
      before = seen;
    }
    return await(before + 1, mark.nanos());
  }

  /** {@return how long it took until the result of a line was seen that was sent after the mark} */
  long awaitSentAfter(Mark mark) throws InterruptedException {
    return await(mark.sent() + 1, mark.nanos());
  }

  private long await(long count, long sinceNanos) throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    synchronized (lock) {
      while (seen < count) {
        check();
        assertThat(System.nanoTime()).as("count %d, seen %d", count, seen).isLessThan(deadline);
        lock.wait(100);
      }
      check();
      return TimeUnit.NANOSECONDS.toMillis(lastSeenNanos - sinceNanos);
    }
  }

  private void check() {
    Throwable failed = failure;
    if (failed != null) {
      throw new AssertionError("The stream has failed", failed);
    }
  }

  /** Sends no more, and waits until each line is counted exactly once. */
  void finish() throws InterruptedException {
    finishing = true;
    writer.join();
    producer.flush();
    awaitCaughtUp();
    Awaitility.await().during(Duration.ofSeconds(2)).until(() -> mark().sent() == seen());
    check();
  }

  private long seen() {
    synchronized (lock) {
      return seen;
    }
  }

  @Override
  public void close() throws InterruptedException {
    closing = true;
    writer.join();
    reader.join();
    producer.close(Duration.ofSeconds(1));
  }
}
