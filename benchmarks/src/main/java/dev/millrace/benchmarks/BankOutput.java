package dev.millrace.benchmarks;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * The output of {@link BankJob}, as a reader with {@code read_committed} sees it.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class BankOutput implements AutoCloseable {

  private static final Pattern BALANCE =
      Pattern.compile("\\{\"amount\":(-?\\d+),\"entries\":(\\d+)}");

  private final KafkaConsumer<byte[], byte[]> consumer;

  /**
   * The states of the total.
   *
   * @param wrong how many are not 0
   * @param largest the largest of these, without its sign
   */
  record Totals(long states, long wrong, long largest, long lastAmount, long lastEntries) {}

  /** The results of the join. */
  record Joined(long pairs, long unmatched) {}

  /**
   * The sums of all balances at the end of each transaction.
   *
   * @param wrong how many are not 0
   */
  record Sums(long transactions, long wrong) {}

  BankOutput(String bootstrap) {
    consumer =
        new KafkaConsumer<>(
            Map.of(
                "bootstrap.servers",
                bootstrap,
                "isolation.level",
                "read_committed",
                "enable.auto.commit",
                "false"),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer());
  }

  /** Waits until the total is made of so many entries. */
  void awaitEntries(BankJob.Balances how, long entries, Duration atMost) {
    consumer.assign(List.of(new TopicPartition(how.total(), 0)));
    consumer.seekToBeginning(consumer.assignment());
    long end = System.nanoTime() + atMost.toNanos();
    while (System.nanoTime() - end < 0) {
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
        if (balance(record).entries() == entries) {
          return;
        }
      }
    }
    throw new IllegalStateException(how.total() + " has not come to " + entries + " entries");
  }

  Totals totals(BankJob.Balances how) {
    long[] seen = new long[5];
    read(
        how.total(),
        record -> {
          BankJob.Balance total = balance(record);
          seen[0]++;
          seen[1] += total.amount() == 0 ? 0 : 1;
          seen[2] = Math.max(seen[2], Math.abs(total.amount()));
          seen[3] = total.amount();
          seen[4] = total.entries();
        });
    return new Totals(seen[0], seen[1], seen[2], seen[3], seen[4]);
  }

  /** {@return the sums, if a single task writes the balances} */
  Sums sumsOfBalances(BankJob.Balances how) {
    long[] balances = new long[Transfers.ACCOUNTS];
    long[] seen = {0, 0, -1};
    read(
        how.topic(),
        record -> {
          // A transaction ends with a marker, which takes an offset.
          if (record.offset() != seen[2] && seen[2] >= 0) {
            seen[0]++;
            seen[1] += Arrays.stream(balances).sum() == 0 ? 0 : 1;
          }
          seen[2] = record.offset() + 1;
          balances[account(record)] = balance(record).amount();
        });
    seen[1] += Arrays.stream(balances).sum() == 0 ? 0 : 1;
    return new Sums(seen[0] + 1, seen[1]);
  }

  Joined joined() {
    long[] seen = new long[2];
    read(BankJob.JOINED, record -> seen[text(record.value()).equals("pair") ? 0 : 1]++);
    return new Joined(seen[0], seen[1]);
  }

  long accepted() {
    long[] seen = new long[1];
    read(BankJob.ACCEPTED, record -> seen[0]++);
    return seen[0];
  }

  /** {@return whether the last row of each account is what a computation over the input gives} */
  boolean isExact(Transfers transfers) {
    long[] credits = transfers.credits();
    long[] debits = Arrays.stream(transfers.debits()).map(amount -> -amount).toArray();
    long[] balances = new long[Transfers.ACCOUNTS];
    Arrays.setAll(balances, account -> credits[account] + debits[account]);
    return Arrays.equals(amounts(BankJob.CREDITS), credits)
        && Arrays.equals(amounts(BankJob.DEBITS), debits)
        && Stream.of(BankJob.Balances.values())
            .allMatch(how -> Arrays.equals(amounts(how.topic()), balances));
  }

  private long[] amounts(String topic) {
    long[] amounts = new long[Transfers.ACCOUNTS];
    read(topic, record -> amounts[account(record)] = balance(record).amount());
    return amounts;
  }

  private void read(String topic, Consumer<ConsumerRecord<byte[], byte[]>> reader) {
    TopicPartition partition = new TopicPartition(topic, 0);
    consumer.assign(List.of(partition));
    consumer.seekToBeginning(List.of(partition));
    long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
    while (consumer.position(partition) < end) {
      consumer.poll(Duration.ofMillis(200)).forEach(reader);
    }
  }

  private static int account(ConsumerRecord<byte[], byte[]> record) {
    return Integer.parseInt(text(record.key()));
  }

  private static BankJob.Balance balance(ConsumerRecord<byte[], byte[]> record) {
    Matcher matcher = BALANCE.matcher(text(record.value()));
    if (!matcher.matches()) {
      throw new IllegalStateException("Cannot read a balance: " + text(record.value()));
    }
    return new BankJob.Balance(Long.parseLong(matcher.group(1)), Long.parseLong(matcher.group(2)));
  }

  private static String text(byte[] bytes) {
    return new String(Objects.requireNonNull(bytes), StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    consumer.close();
  }
}
