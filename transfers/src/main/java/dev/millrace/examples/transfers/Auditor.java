package dev.millrace.examples.transfers;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * Adds up all accounts ten times a second, and prints the total once a second: a consumer like any
 * other, with nothing of Millrace in it.
 *
 * <pre>
 *   java -cp transfers.jar:runner.jar dev.millrace.examples.transfers.Auditor BROKERS TOPIC
 * </pre>
 *
 * <p>It reads committed records, up to where no transaction is open: so each look is at accounts
 * between two transactions. It ends when its standard input has a line.
 *
 * <p>Exit codes: 0 if the total never changed, 1 if it did or nothing moved, 2 for wrong arguments.
 */
public final class Auditor {

  /** What was in each account when it was opened. */
  private static final long OPENING = 100;

  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(100);
  private static final Duration POLL = Duration.ofMillis(50);
  private static final Duration BETWEEN_LINES = Duration.ofSeconds(1);

  private final KafkaConsumer<String, String> consumer;
  private final TopicPartition partition;
  private final ArrayDeque<ConsumerRecord<String, String>> fetched = new ArrayDeque<>();
  private final Total total = new Total(OPENING * TransferFeeder.ACCOUNTS);

  private Auditor(KafkaConsumer<String, String> consumer, TopicPartition partition) {
    this.consumer = consumer;
    this.partition = partition;
  }

  /** Watches the accounts until it is asked to stop. */
  public static void main(String[] args) throws IOException, InterruptedException {
    if (args.length != 2) {
      System.err.println("Usage: Auditor BROKERS TOPIC");
      System.exit(2);
    }
    Map<String, Object> settings =
        Map.of(
            ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
            args[0],
            ConsumerConfig.ISOLATION_LEVEL_CONFIG,
            "read_committed");
    TopicPartition partition = new TopicPartition(args[1], 0);
    boolean sound;
    try (KafkaConsumer<String, String> consumer =
        new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      sound = new Auditor(consumer, partition).watch(System.in);
    }
    System.exit(sound ? 0 : 1);
  }

  private boolean watch(InputStream stdin) throws IOException, InterruptedException {
    long begun = System.nanoTime();
    long printed = begun;
    while (stdin.available() == 0) {
      look();
      long now = System.nanoTime();
      if (now - printed >= BETWEEN_LINES.toNanos()) {
        printed = now;
        print((now - begun) / 1_000_000_000L);
      }
      TimeUnit.MILLISECONDS.sleep(BETWEEN_LOOKS.toMillis());
    }
    look();
    System.out.println(total.verdict());
    return total.hasNeverChanged();
  }

  private void print(long second) {
    System.out.printf(Locale.ROOT, "%4d s   %s%n", second, total.line());
  }

  /** Reads all that is decided by now, which ends where the first open transaction begins. */
  private void look() {
    long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
    takeUpTo(end);
    while (!isRead(end)) {
      consumer.poll(POLL).forEach(fetched::add);
      takeUpTo(end);
    }
    total.look();
  }

  private void takeUpTo(long end) {
    while (!fetched.isEmpty() && fetched.getFirst().offset() < end) {
      ConsumerRecord<String, String> record = fetched.removeFirst();
      total.take(record.key(), record.value());
    }
  }

  /** What was fetched beyond is left for the next look. */
  private boolean isRead(long end) {
    return !fetched.isEmpty() || consumer.position(partition) >= end;
  }
}
