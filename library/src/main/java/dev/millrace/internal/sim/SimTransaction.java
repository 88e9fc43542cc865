package dev.millrace.internal.sim;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * One transaction: the logs it has written to and the offsets it will commit.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class SimTransaction {

  private enum Outcome {
    OPEN,
    COMMITTED,
    ABORTED
  }

  private final long producerId;
  private final int epoch;
  private final long openedNanos;
  private final Set<SimLog> logs = new LinkedHashSet<>();
  private final Map<SimGroup, Map<TopicPartition, OffsetAndMetadata>> offsets =
      new LinkedHashMap<>();
  private Outcome outcome = Outcome.OPEN;

  SimTransaction(long producerId, int epoch, long openedNanos) {
    this.producerId = producerId;
    this.epoch = epoch;
    this.openedNanos = openedNanos;
  }

  /** Notes that the transaction has written to a log. */
  void touched(SimLog log) {
    logs.add(log);
  }

  Collection<SimLog> logs() {
    return logs;
  }

  /** Takes offsets that the group gets if the transaction commits. */
  void add(SimGroup group, Map<TopicPartition, OffsetAndMetadata> added) {
    offsets.computeIfAbsent(group, absent -> new LinkedHashMap<>()).putAll(added);
  }

  /** {@return whether the transaction is about to change a committed offset} */
  boolean isPending(SimGroup group, TopicPartition partition) {
    return offsets.getOrDefault(group, Map.of()).containsKey(partition);
  }

  void commit(long wallMs) {
    outcome = Outcome.COMMITTED;
    offsets.forEach(SimGroup::put);
    logs.forEach(log -> log.end(this, wallMs));
  }

  void abort(long wallMs) {
    outcome = Outcome.ABORTED;
    logs.forEach(log -> log.end(this, wallMs));
  }

  boolean isCommitted() {
    return outcome == Outcome.COMMITTED;
  }

  long producerId() {
    return producerId;
  }

  int epoch() {
    return epoch;
  }

  long openedNanos() {
    return openedNanos;
  }
}
