package dev.millrace.internal.broadcast;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * The way of a topic's records into a table: where it begins to be complete, and where it ends.
 *
 * <p>A topic that gets partitions has old records in the former place of a key. So of two records
 * of a key in different partitions that with the later timestamp counts, whichever is read first.
 * In one partition the last one counts, whatever its timestamp; it is taken to be as late as the
 * latest before it, or it would depend on the order of reading what that one had outdone. Rows know
 * theirs. Those of deletions are kept while it matters: while the table is loaded from several
 * partitions, and when its topic has grown, until all is read that stood there by then.
 *
 * <p><b>Threads.</b> Confined to the thread that reads the table.
 */
final class TableFeed implements RowReader.Rows, AutoCloseable {

  private static final long CUT_LOOK_NANOS = Duration.ofSeconds(1).toNanos();

  private final BroadcastRows rows;
  private final Supplier<RowReader> opening;
  private final TableEnd end;
  private int partitions;
  private @Nullable RowReader reader;

  /**
   * Per partition the offset up to which the table has to be read to be loaded, or all that stood
   * there when the topic had grown; null until it is known.
   */
  private @Nullable Map<Integer, Long> ends;

  private boolean settled;
  private boolean cutLooked;
  private long cutLookedNanos;
  private final Map<Integer, Long> positions = new HashMap<>();

  /** The origins of deletions, as long as older rows of their keys may be read elsewhere. */
  private final Map<KeyBytes, RecordOrigin> deletions = new HashMap<>();

  private @Nullable RecordOrigin at;

  /**
   * Creates the way into a table.
   *
   * @param opening opens the reader of records, when the first one comes
   */
  TableFeed(BroadcastRows rows, Supplier<RowReader> opening, int partitions, TableEnd end) {
    this.rows = rows;
    this.opening = opening;
    this.partitions = partitions;
    this.end = end;
  }

  String topic() {
    return rows.table().topic();
  }

  BroadcastRows rows() {
    return rows;
  }

  TableEnd end() {
    return end;
  }

  /** {@return the partitions that are known} */
  List<TopicPartition> partitions() {
    List<TopicPartition> all = new ArrayList<>();
    for (int i = 0; i < partitions; i++) {
      all.add(new TopicPartition(topic(), i));
    }
    return all;
  }

  /** {@return the partitions that have come since, which are read from now on} */
  List<TopicPartition> grownTo(int count) {
    List<TopicPartition> fresh = new ArrayList<>();
    for (int i = partitions; i < count; i++) {
      fresh.add(new TopicPartition(topic(), i));
    }
    if (!fresh.isEmpty()) {
      partitions = count;
      ends = null;
      settled = false;
    }
    return fresh;
  }

  /** {@return whether it is known how far the table has to be read} */
  boolean knowsEnds() {
    return ends != null;
  }

  /** Notes how far the table has to be read. */
  void readUpTo(Map<Integer, Long> wanted) {
    ends = Map.copyOf(wanted);
  }

  /**
   * Notes where partitions end now; returns whether any ends before the offset up to which it has
   * to be read, which is not waited for any more: the log was cut off.
   */
  boolean endsNowAt(Map<Integer, Long> present) {
    Map<Integer, Long> wanted = ends;
    if (wanted == null) {
      return false;
    }
    Map<Integer, Long> lower = new HashMap<>(wanted);
    present.forEach(
        (partition, end) ->
            lower.computeIfPresent(partition, (same, before) -> Math.min(before, end)));
    ends = Map.copyOf(lower);
    return !lower.equals(wanted);
  }

  /** Takes a record; one that comes after a fixed end is no part of the table. */
  void take(ConsumerRecord<byte[], byte[]> record) {
    Map<Integer, Long> known = ends;
    if (end.isFinal()
        && known != null
        && record.offset() >= known.getOrDefault(record.partition(), 0L)) {
      return;
    }
    RowReader open = reader;
    if (open == null) {
      open = opening.get();
      reader = open;
    }
    at = new RecordOrigin(record.partition(), record.timestamp());
    open.read(record, this);
  }

  @Override
  public void put(KeyBytes key, Object row, byte[] stored) {
    RecordOrigin now = newest(key);
    if (now != null) {
      deletions.remove(key);
      rows.put(key, row, stored, now);
    }
  }

  @Override
  public void delete(KeyBytes key) {
    RecordOrigin now = newest(key);
    if (now != null) {
      rows.remove(key);
      if (partitions > 1 && !settled) {
        deletions.put(key, now);
      }
    }
  }

  /** {@return the origin of a key's row with the present record; null if what is there is newer} */
  private @Nullable RecordOrigin newest(KeyBytes key) {
    RecordOrigin now = Objects.requireNonNull(at);
    RecordOrigin before = rows.originOf(key);
    if (before == null) {
      before = deletions.get(key);
    }
    if (before == null || before.timestampMs() <= now.timestampMs()) {
      return now;
    }
    return before.partition() == now.partition() ? before : null;
  }

  /** Notes how far a partition has been read. */
  void movedTo(int partition, long position) {
    positions.put(partition, position);
  }

  /** {@return whether all has been read that had to be, until the topic grows} */
  boolean isSettled() {
    return settled;
  }

  /** {@return whether it is time to look whether the log was cut off, as is done then} */
  boolean isCutLookDue(long nowNanos) {
    if (cutLooked && nowNanos - cutLookedNanos < CUT_LOOK_NANOS) {
      return false;
    }
    cutLooked = true;
    cutLookedNanos = nowNanos;
    return true;
  }

  /** {@return the partitions that are still to be read up to where they have to be} */
  List<TopicPartition> unread() {
    Map<Integer, Long> known = ends;
    return known == null
        ? List.of()
        : known.entrySet().stream()
            .filter(each -> positions.getOrDefault(each.getKey(), 0L) < each.getValue())
            .map(each -> new TopicPartition(topic(), each.getKey()))
            .toList();
  }

  /** {@return whether all has been read that has to be} */
  boolean isReadToEnds() {
    return ends != null && unread().isEmpty();
  }

  /** Notes that all has been read that had to be: the table is loaded. */
  void settle() {
    settled = true;
    deletions.clear();
    rows.loaded();
  }

  @Override
  public void close() {
    RowReader open = reader;
    reader = null;
    if (open != null) {
      open.close();
    }
  }
}
