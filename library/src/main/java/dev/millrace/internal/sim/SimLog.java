package dev.millrace.internal.sim;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.requests.TransactionResult;
import org.jspecify.annotations.Nullable;

/**
 * The log of one partition. The end of a transaction takes up an offset, as on a broker, and so
 * does what is removed by compaction. Each entry carries the epoch of the leader that wrote it.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class SimLog {

  private final TopicPartition partition;
  private final List<Entry> entries = new ArrayList<>();

  /** What no marker has decided on yet, by producer, in the order of the first records. */
  private final Map<Long, SimSpan> open = new LinkedHashMap<>();

  /** The newest epoch of each producer that has written here, with a record or a marker. */
  private final Map<Long, Integer> producerEpochs = new HashMap<>();

  /** The offset at which each leader began to write, by its epoch. */
  private final NavigableMap<Integer, Long> epochs = new TreeMap<>(Map.of(0, 0L));

  private int leaderEpoch;
  private long start;

  /**
   * The entry at one offset.
   *
   * @param span what it is decided with, if it belongs to a transaction
   * @param control whether it only takes up an offset: a marker, or what was compacted away
   * @param leaderEpoch the epoch of the leader that wrote it
   */
  @SuppressWarnings("ArrayRecordComponent") // bytes as they were sent
  record Entry(
      byte @Nullable [] key,
      byte @Nullable [] value,
      Headers headers,
      long timestampMs,
      @Nullable SimSpan span,
      boolean control,
      int leaderEpoch) {

    /** {@return what is left of it when it is compacted away} */
    private Entry removed() {
      return new Entry(null, null, new RecordHeaders(), timestampMs, null, true, leaderEpoch);
    }

    private boolean isVisible(IsolationLevel isolation) {
      if (control) {
        return false;
      }
      return isolation == IsolationLevel.READ_UNCOMMITTED || span == null || span.isCommitted();
    }
  }

  /**
   * The end of a leader's records.
   *
   * @param leaderEpoch its epoch
   * @param offset the offset after its last entry
   */
  record EpochEnd(int leaderEpoch, long offset) {}

  /** The receiver of the entries that a read passes. */
  @FunctionalInterface
  interface Reader {
    /** Takes a record; returns whether it wants another one. */
    boolean read(long offset, Entry entry);
  }

  SimLog(TopicPartition partition) {
    this.partition = partition;
  }

  TopicPartition partition() {
    return partition;
  }

  /** {@return the offset of the record, which is at the end of the log now} */
  long append(
      byte @Nullable [] key,
      byte @Nullable [] value,
      Header[] headers,
      long timestampMs,
      @Nullable SimTransaction transaction) {
    long offset = end();
    SimSpan span = transaction == null ? null : span(transaction, offset);
    entries.add(
        new Entry(key, value, new RecordHeaders(headers), timestampMs, span, false, leaderEpoch));
    return offset;
  }

  private SimSpan span(SimTransaction transaction, long offset) {
    SimSpan span =
        open.computeIfAbsent(transaction.producerId(), producer -> new SimSpan(producer, offset));
    span.writtenBy(transaction.epoch());
    producerEpochs.put(transaction.producerId(), transaction.epoch());
    transaction.touched(this);
    return span;
  }

  /** Writes offsets that a group gets if the transaction commits. */
  void appendOffsets(
      SimTransaction transaction,
      SimGroup group,
      Map<TopicPartition, OffsetAndMetadata> offsets,
      long wallMs) {
    long ignored = append(null, null, new Header[0], wallMs, transaction);
    span(transaction, end()).add(group, offsets);
  }

  /**
   * Writes the marker that ends what a producer has written.
   *
   * @throws InvalidProducerEpochException if there are records or markers of a newer epoch
   */
  void end(long producerId, int epoch, TransactionResult result, long wallMs) {
    if (epoch < producerEpochs.getOrDefault(producerId, epoch)) {
      throw new InvalidProducerEpochException(
          "The epoch of producer " + producerId + " in " + partition + " is newer than " + epoch);
    }
    producerEpochs.put(producerId, epoch);
    entries.add(new Entry(null, null, new RecordHeaders(), wallMs, null, true, leaderEpoch));
    SimSpan span = open.remove(producerId);
    if (span != null && result == TransactionResult.COMMIT) {
      span.commit();
    }
  }

  long start() {
    return start;
  }

  long end() {
    return entries.size();
  }

  /** {@return the last stable offset: where the first span begins that is not decided on} */
  long stableEnd() {
    return open.isEmpty() ? end() : open.values().iterator().next().start();
  }

  long end(IsolationLevel isolation) {
    return isolation == IsolationLevel.READ_COMMITTED ? stableEnd() : end();
  }

  /** Forgets what lies before an offset. */
  void deleteBefore(long offset) {
    start = Math.max(start, Math.min(offset, end()));
    int first = leaderEpoch;
    for (Map.Entry<Integer, Long> epoch : epochs.entrySet()) {
      if (epoch.getValue() <= start) {
        first = epoch.getKey();
      }
    }
    epochs.headMap(first, true).clear();
    epochs.put(first, start);
  }

  /** Removes the records that have a newer one with the same key, up to the last stable offset. */
  void compact(SimKafka.Tombstones tombstones) {
    Map<ByteBuffer, Integer> newest = new HashMap<>();
    int end = Math.toIntExact(stableEnd());
    for (int i = Math.toIntExact(start); i < end; i++) {
      byte[] key = entries.get(i).key();
      if (key == null || !entries.get(i).isVisible(IsolationLevel.READ_COMMITTED)) {
        continue;
      }
      Integer before = newest.put(ByteBuffer.wrap(key), i);
      if (before != null) {
        entries.set(before, entries.get(before).removed());
      }
      if (entries.get(i).value() == null && tombstones == SimKafka.Tombstones.REMOVED) {
        entries.set(i, entries.get(i).removed());
      }
    }
  }

  // ------------------------------------------------------------------ leaders

  /** {@return the epoch of the present leader} */
  int leaderEpoch() {
    return leaderEpoch;
  }

  /** Another replica, which has everything, becomes the leader. */
  void electLeader() {
    leaderEpoch++;
    epochs.values().removeIf(first -> first >= end());
    epochs.put(leaderEpoch, end());
  }

  /**
   * A replica that has less becomes the leader, as after an unclean election: what stood from the
   * offset on is lost. Transactions that began there are forgotten.
   */
  void truncateTo(long offset) {
    entries.subList(Math.toIntExact(offset), entries.size()).clear();
    open.values().removeIf(span -> span.start() >= offset);
    start = Math.min(start, offset);
    electLeader();
  }

  /**
   * {@return where the records end that the leader with this epoch wrote, or the last one before
   * it; empty if no leader had so high an epoch}
   */
  Optional<EpochEnd> endOf(int epoch) {
    if (epoch == leaderEpoch) {
      return Optional.of(new EpochEnd(epoch, end()));
    }
    Map.Entry<Integer, Long> next = epochs.higherEntry(epoch);
    if (next == null) {
      return Optional.empty();
    }
    Integer last = epochs.floorKey(epoch);
    return Optional.of(new EpochEnd(last == null ? epoch : last, next.getValue()));
  }

  /** {@return the epoch of the leader that wrote the entry at an offset} */
  int epochAt(long offset) {
    return entries.get(Math.toIntExact(offset)).leaderEpoch();
  }

  /** Hands out what can be seen from an offset on; returns the offset after the last it passed. */
  long read(long from, IsolationLevel isolation, Reader reader) {
    long limit = end(isolation);
    long at = from;
    boolean more = true;
    while (more && at < limit) {
      Entry entry = entries.get(Math.toIntExact(at));
      if (entry.isVisible(isolation)) {
        more = reader.read(at, entry);
      }
      at++;
    }
    return at;
  }

  /** {@return what no marker has decided on yet} */
  Collection<SimSpan> open() {
    return open.values();
  }
}
