package dev.millrace.sidebyside.driver;

import dev.millrace.sidebyside.figures.Arrivals;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.jspecify.annotations.Nullable;

/**
 * Words that are sent at a steady rate, and a reader of the committed results.
 *
 * <p>A record counts as sent when it was due, so that a sender that was held up does not make
 * latencies shorter.
 *
 * <p><b>Threads.</b> It has two of its own, one that sends and one that reads.
 */
final class SteadyLoad implements AutoCloseable {

  private static final Duration POLL = Duration.ofMillis(100);
  private static final long PAUSE_NANOS = 500_000;
  private static final long LOOK_MS = 20;

  /** After so long without results there will be none. */
  private static final int STALLED_SECONDS = 30;

  private final String bootstrapServers;
  private final String input;
  private final String output;
  private final int partitions;
  private final int rate;
  private final WordSequence words;
  private final Arrivals arrivals;
  private final Listener listener;
  private final Thread sender = new Thread(this::send, "sender");
  private final Thread reader = new Thread(this::read, "reader");
  private volatile @Nullable Throwable failure;
  private volatile boolean sending = true;
  private volatile boolean reading = true;
  private volatile boolean atEnd;

  private SteadyLoad(
      Kafka kafka,
      String input,
      String output,
      int partitions,
      int rate,
      WordSequence words,
      Arrivals arrivals,
      Listener listener) {
    this.bootstrapServers = kafka.bootstrapServers();
    this.input = input;
    this.output = output;
    this.partitions = partitions;
    this.rate = rate;
    this.words = words;
    this.arrivals = arrivals;
    this.listener = listener;
    for (Thread thread : new Thread[] {sender, reader}) {
      thread.setDaemon(true);
      thread.setUncaughtExceptionHandler((failed, reason) -> failure = reason);
    }
  }

  /** The listener that is notified of each record of which a result was seen. */
  interface Listener {

    /**
     * Hears that the first result that accounts for a record was seen. It is called by the reader.
     *
     * @param sentMicros when the record was due, by {@link #nowMicros}
     * @param seenMicros when the result was read
     */
    void seen(long sentMicros, long seenMicros);
  }

  /**
   * Starts to read results from the end of the output, and to send.
   *
   * @param rate records per second
   * @param arrivals what is to be sent goes there first
   */
  static SteadyLoad start(
      Kafka kafka,
      String input,
      String output,
      int partitions,
      int rate,
      WordSequence words,
      Arrivals arrivals,
      Listener listener)
      throws InterruptedException {
    SteadyLoad load =
        new SteadyLoad(kafka, input, output, partitions, rate, words, arrivals, listener);
    load.reader.start();
    while (!load.atEnd) {
      load.check();
      Thread.sleep(10);
    }
    load.sender.start();
    return load;
  }

  /** {@return microseconds of a clock that only goes forward} */
  static long nowMicros() {
    return System.nanoTime() / 1000;
  }

  private void send() {
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                bootstrapServers,
                ProducerConfig.LINGER_MS_CONFIG,
                0),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      long startMicros = nowMicros();
      for (long sent = 0; sending; sent++) {
        long dueMicros = startMicros + sent * 1_000_000 / rate;
        while (nowMicros() < dueMicros && sending) {
          LockSupport.parkNanos(PAUSE_NANOS);
        }
        String word = words.next();
        arrivals.send(word, dueMicros);
        producer.send(
            new ProducerRecord<>(
                input, (int) (sent % partitions), null, word.getBytes(StandardCharsets.UTF_8)));
      }
    }
  }

  private void read() {
    try (KafkaConsumer<String, String> consumer =
        new KafkaConsumer<>(
            Map.of(
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                bootstrapServers,
                ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                "read_committed"),
            new StringDeserializer(),
            new StringDeserializer())) {
      var all =
          IntStream.range(0, partitions).mapToObj(i -> new TopicPartition(output, i)).toList();
      consumer.assign(all);
      consumer.seekToEnd(all);
      all.forEach(consumer::position);
      atEnd = true;
      while (reading) {
        var records = consumer.poll(POLL);
        long now = nowMicros();
        for (ConsumerRecord<String, String> record : records) {
          arrivals.see(
              record.key(),
              Long.parseLong(record.value()),
              sentMicros -> listener.seen(sentMicros, now));
        }
      }
    }
  }

  /** Lets some time pass, in which an engine and this load have to go on. */
  void pass(int seconds, EngineProcess process) throws IOException, InterruptedException {
    long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    while (System.nanoTime() < endNanos) {
      process.checkAlive();
      check();
      Thread.sleep(LOOK_MS);
    }
  }

  /** Waits for results of all that was sent, or until no more come. */
  void awaitResults(EngineProcess process) throws IOException, InterruptedException {
    long pending = arrivals.pending();
    long changedNanos = System.nanoTime();
    while (pending > 0
        && System.nanoTime() - changedNanos < TimeUnit.SECONDS.toNanos(STALLED_SECONDS)) {
      process.checkAlive();
      check();
      Thread.sleep(LOOK_MS);
      if (arrivals.pending() != pending) {
        pending = arrivals.pending();
        changedNanos = System.nanoTime();
      }
    }
  }

  /** Throws what has stopped one of its threads. */
  void check() {
    Throwable reason = failure;
    if (reason != null) {
      throw new IllegalStateException("the load failed: " + reason, reason);
    }
  }

  /** Sends no more; what was sent is still waited for. */
  void stopSending() throws InterruptedException {
    sending = false;
    sender.join();
    check();
  }

  @Override
  public void close() {
    sending = false;
    reading = false;
    try {
      sender.join();
      reader.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
