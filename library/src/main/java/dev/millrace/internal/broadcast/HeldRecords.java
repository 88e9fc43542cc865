package dev.millrace.internal.broadcast;

import dev.millrace.internal.kafka.AuxiliaryCalls;
import dev.millrace.internal.kafka.Cluster;
import dev.millrace.internal.kafka.OpenTransaction;
import dev.millrace.internal.util.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The watch for records of tables that cannot be read yet, since they stand after the beginning of
 * an open transaction: for a consumer the topic ends there, so that nothing else would show them.
 *
 * <p>A transaction that does not end within a minute is reported, with its owner: a producer that
 * died holds up all readers of the partition until the broker aborts it.
 *
 * <p><b>Threads.</b> Confined to the thread that reads the tables.
 */
final class HeldRecords {

  private static final Logger LOGGER = LoggerFactory.getLogger(HeldRecords.class);
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final Duration POSITION_WAIT = Duration.ofMillis(5);

  private final String job;
  private final Cluster cluster;
  private final Clock clock;
  private final AuxiliaryCalls calls;
  private final Map<TopicPartition, Held> held = new HashMap<>();

  /**
   * A partition that cannot be read on.
   *
   * @param end its end, open transactions included
   */
  private record Held(long position, long end, long sinceNanos, boolean isReported) {}

  HeldRecords(String job, Cluster cluster, Clock clock, AuxiliaryCalls calls) {
    this.job = job;
    this.cluster = cluster;
    this.clock = clock;
    this.calls = calls;
  }

  /** {@return how many records a partition had after the position, as of the last look} */
  long behind(Consumer<byte[], byte[]> reader, TopicPartition partition) {
    Held known = held.get(partition);
    if (known == null) {
      return 0;
    }
    return Math.max(0, known.end() - position(reader, partition, known.position()));
  }

  /** Looks which partitions that are read to where transactions have ended go on after that. */
  void look(Consumer<byte[], byte[]> reader, Collection<TopicPartition> partitions) {
    List<TopicPartition> read =
        partitions.stream()
            .filter(partition -> reader.currentLag(partition).orElse(1) == 0)
            .toList();
    held.keySet().retainAll(read);
    calls
        .ask(
            "look for records of open transactions in broadcast tables",
            () -> cluster.offsets().ends(read, IsolationLevel.READ_UNCOMMITTED))
        .ifPresent(ends -> ends.forEach((partition, end) -> compare(reader, partition, end)));
  }

  private void compare(Consumer<byte[], byte[]> reader, TopicPartition partition, long end) {
    long position = position(reader, partition, end);
    if (position >= end) {
      held.remove(partition);
      return;
    }
    long now = clock.nanos();
    Held before = held.get(partition);
    if (before == null || before.position() != position) {
      held.put(partition, new Held(position, end, now, false));
      return;
    }
    boolean isReported =
        before.isReported()
            || (now - before.sinceNanos() >= PATIENCE.toNanos()
                && report(partition, end - position));
    held.put(partition, new Held(position, end, before.sinceNanos(), isReported));
  }

  private boolean report(TopicPartition partition, long records) {
    List<OpenTransaction> open =
        calls
            .ask(
                "find the owners of open transactions in broadcast tables",
                () -> cluster.transactions().on(List.of(partition)))
            .orElse(List.of());
    for (OpenTransaction transaction : open) {
      LOGGER
          .atWarn()
          .addKeyValue("job", job)
          .addKeyValue("partition", partition)
          .addKeyValue("records", records)
          .addKeyValue("transactionalId", transaction.transactionalId().orElse("unknown"))
          .addKeyValue("producerId", transaction.producerId())
          .addKeyValue("startOffset", transaction.startOffset())
          .log(
              "A broadcast table does not change: an open transaction holds its topic up. If its"
                  + " producer is dead, the broker aborts it when its transaction.timeout.ms is"
                  + " over; kafka-transactions.sh abort, with this partition and startOffset, ends"
                  + " it at once");
    }
    return !open.isEmpty();
  }

  private static long position(
      Consumer<byte[], byte[]> reader, TopicPartition partition, long otherwise) {
    try {
      return reader.position(partition, POSITION_WAIT);
    } catch (TimeoutException e) {
      return otherwise;
    }
  }
}
