package dev.millrace.internal.kafka;

import dev.millrace.internal.util.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;

/**
 * Notices partitions whose last stable offset stands still before their end, and has the dead
 * owners of the transactions in the way fenced.
 *
 * <p>Without it a reader waits for the broker's transaction timeout, 10 to 20 seconds.
 *
 * <p><b>Threads.</b> Confined to one thread. Checks wait for answers of the cluster, so they belong
 * where that is no harm.
 */
public final class LsoWatchdog {

  private final Topics topics;
  private final OpenTransactions transactions;
  private final Clock clock;
  private final long toleranceNanos;
  private final Map<TopicPartition, Stall> stalls = new HashMap<>();

  private record Stall(long offset, long sinceNanos) {}

  /**
   * Watches nothing yet.
   *
   * @param tolerance how long a transaction may be open before its owner is looked up
   */
  public LsoWatchdog(
      Topics topics, OpenTransactions transactions, Clock clock, Duration tolerance) {
    this.topics = topics;
    this.transactions = transactions;
    this.clock = clock;
    this.toleranceNanos = tolerance.toNanos();
  }

  /**
   * Looks at the partitions once; to be called again while readers of them wait. Partitions that
   * are left out of a call are forgotten.
   *
   * @param idPrefix what the job's transactional ids start with
   * @param liveIds the transactional ids of all members that may write to these partitions; asked
   *     only in need
   * @return the ids that were fenced
   */
  public Set<String> check(
      Collection<TopicPartition> partitions, String idPrefix, Supplier<Set<String>> liveIds) {
    stalls.keySet().retainAll(Set.copyOf(partitions));
    // Stable offset first: a transaction that ends in between cannot look like a stall for long.
    Map<TopicPartition, Long> stable = topics.endOffsets(partitions, IsolationLevel.READ_COMMITTED);
    Map<TopicPartition, Long> end = topics.endOffsets(partitions, IsolationLevel.READ_UNCOMMITTED);
    long now = clock.nanos();
    List<TopicPartition> overdue = new ArrayList<>();
    stable.forEach(
        (partition, offset) -> {
          if (offset >= end.getOrDefault(partition, offset)) {
            stalls.remove(partition);
            return;
          }
          Stall stall = stalls.get(partition);
          if (stall == null || stall.offset() != offset) {
            stalls.put(partition, new Stall(offset, now));
          } else if (now - stall.sinceNanos() >= toleranceNanos) {
            overdue.add(partition);
          }
        });
    if (overdue.isEmpty()) {
      return new TreeSet<>();
    }
    Set<String> fenced = transactions.fenceDead(overdue, idPrefix, liveIds);
    // The next look-up is due after another full wait, not at every check.
    overdue.forEach(
        partition ->
            stalls.computeIfPresent(partition, (same, stall) -> new Stall(stall.offset(), now)));
    return fenced;
  }
}
