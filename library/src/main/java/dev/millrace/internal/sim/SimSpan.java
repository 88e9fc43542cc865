package dev.millrace.internal.sim;

import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * The entries that a producer has written to a log since the last marker of its transactions there.
 * As on a broker, the next marker decides on all of it, whichever transactions it belongs to.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class SimSpan {

  private final long producerId;
  private final long start;
  private final Map<SimGroup, Map<TopicPartition, OffsetAndMetadata>> offsets =
      new LinkedHashMap<>();
  private int epoch;
  private boolean committed;

  SimSpan(long producerId, long start) {
    this.producerId = producerId;
    this.start = start;
  }

  /** Notes that the span goes on with a record of this epoch. */
  void writtenBy(int recordEpoch) {
    epoch = recordEpoch;
  }

  /** Takes offsets that the group gets if the span is committed. */
  void add(SimGroup group, Map<TopicPartition, OffsetAndMetadata> added) {
    offsets.computeIfAbsent(group, absent -> new LinkedHashMap<>()).putAll(added);
  }

  /** {@return whether the end of the span may change a committed offset} */
  boolean isPending(SimGroup group, TopicPartition partition) {
    return offsets.getOrDefault(group, Map.of()).containsKey(partition);
  }

  /** Makes everything in it visible, and its offsets those of their groups. */
  void commit() {
    committed = true;
    offsets.forEach(SimGroup::put);
  }

  boolean isCommitted() {
    return committed;
  }

  long producerId() {
    return producerId;
  }

  /** {@return the offset of its first record} */
  long start() {
    return start;
  }

  /** {@return the producer's epoch when it wrote the last record} */
  int epoch() {
    return epoch;
  }
}
