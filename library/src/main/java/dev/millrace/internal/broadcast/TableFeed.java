package dev.millrace.internal.broadcast;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * The way of a topic's records into a table: where it begins to be complete, and where it ends.
 *
 * <p>While the table is loaded, of two records of a key in different partitions that with the later
 * timestamp counts, since a topic that got partitions has old rows in the former place of a key;
 * after that the one that arrives later.
 *
 * <p><b>Threads.</b> Confined to the thread that reads the table.
 */
final class TableFeed implements RowReader.Rows, AutoCloseable {

  private final BroadcastRows rows;
  private final Supplier<RowReader> opening;
  private final TableEnd end;
  private int partitions;
  private @Nullable RowReader reader;

  /** Per partition the offset up to which the table has to be read; null until it is known. */
  private @Nullable Map<Integer, Long> loadEnds;

  private final Map<Integer, Long> positions = new HashMap<>();

  /** The places of the keys' newest records, while the table is loaded from several partitions. */
  private final Map<KeyBytes, Place> places = new HashMap<>();

  private @Nullable Place at;

  /** The partition and the timestamp of a record. */
  private record Place(int partition, long timestampMs) {}

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
    partitions = Math.max(partitions, count);
    return fresh;
  }

  /** {@return whether it is known how far the table has to be read} */
  boolean knowsLoadEnds() {
    return loadEnds != null;
  }

  /** Notes how far the table has to be read to be loaded. */
  void loadUpTo(Map<Integer, Long> ends) {
    loadEnds = Map.copyOf(ends);
  }

  /** Takes a record; one that comes after a fixed end is no part of the table. */
  void take(ConsumerRecord<byte[], byte[]> record) {
    Map<Integer, Long> ends = loadEnds;
    if (end.isFinal()
        && ends != null
        && record.offset() >= ends.getOrDefault(record.partition(), 0L)) {
      return;
    }
    RowReader open = reader;
    if (open == null) {
      open = opening.get();
      reader = open;
    }
    at = new Place(record.partition(), record.timestamp());
    open.read(record, this);
  }

  @Override
  public void put(KeyBytes key, Object row, byte[] stored) {
    if (isNewest(key)) {
      rows.put(key, row, stored);
    }
  }

  @Override
  public void delete(KeyBytes key) {
    if (isNewest(key)) {
      rows.remove(key);
    }
  }

  private boolean isNewest(KeyBytes key) {
    Place now = at;
    if (rows.isLoaded() || partitions == 1 || now == null) {
      return true;
    }
    Place before = places.get(key);
    if (before != null
        && before.partition() != now.partition()
        && before.timestampMs() > now.timestampMs()) {
      return false;
    }
    places.put(key, now);
    return true;
  }

  /** Notes how far a partition has been read, and whether the table is loaded with that. */
  void movedTo(int partition, long position) {
    positions.put(partition, position);
  }

  /** {@return whether the table has come to where it is loaded, which is noted} */
  boolean checkLoaded() {
    Map<Integer, Long> ends = loadEnds;
    if (rows.isLoaded() || ends == null) {
      return rows.isLoaded();
    }
    for (Map.Entry<Integer, Long> each : ends.entrySet()) {
      if (positions.getOrDefault(each.getKey(), 0L) < each.getValue()) {
        return false;
      }
    }
    places.clear();
    rows.loaded();
    return true;
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
