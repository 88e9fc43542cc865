package dev.millrace.internal.query;

import dev.millrace.error.ConfigurationException;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.state.store.RowIterator;
import dev.millrace.internal.task.CommittedTask;
import dev.millrace.internal.util.ByteWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The rows that a worker has read for an answer.
 *
 * @param rows the rows
 * @param next the smallest row key that is still to be read; null if everything has been
 * @param timeMs the time of the task that the rows' meaning may depend on
 */
// The bytes go to the asker as they are, and are never compared.
@SuppressWarnings("ArrayRecordComponent")
record Reading(List<Raw> rows, byte @Nullable [] next, long timeMs) {

  /** The size at which a page ends: both sides have it in memory until it is decoded. */
  private static final int MOST_BYTES = 1 << 20;

  /** The most rows of a value that is read as a whole. */
  private static final int MOST_ENTRIES = 10_000;

  /** The most bytes of these. */
  private static final int MOST_ENTRY_BYTES = 8 << 20;

  /** A row as it is stored; its key is without the store's id. */
  @SuppressWarnings("ArrayRecordComponent")
  record Raw(byte[] key, byte[] value) {

    /** {@return its size} */
    int bytes() {
      return key.length + value.length;
    }
  }

  /** {@return the only row, or none if there is no value} */
  static Reading ofValue(byte[] key, byte @Nullable [] value, long timeMs) {
    return new Reading(value == null ? List.of() : List.of(new Raw(key, value)), null, timeMs);
  }

  /** A filter of rows by their keys. */
  interface Filter {
    boolean takes(byte[] rowKey);
  }

  /** {@return a page of the rows whose keys are in a range and that a filter takes} */
  static Reading page(CommittedTask task, RowIterator scan, int limit, Filter filter, long timeMs) {
    List<Raw> rows = new ArrayList<>();
    int bytes = 0;
    while (scan.next()) {
      byte[] key = scan.key();
      if (rows.size() == limit || bytes >= MOST_BYTES || !task.hasTime()) {
        return new Reading(rows, key, timeMs);
      }
      if (filter.takes(key)) {
        Raw row = new Raw(key, scan.value());
        rows.add(row);
        bytes += row.bytes();
      }
    }
    return new Reading(rows, null, timeMs);
  }

  /**
   * {@return the rows of a list or a map, all of them}
   *
   * @throws ConfigurationException if there are too many for one answer
   */
  static List<Raw> entries(CommittedTask task, String store, byte[] key) {
    byte[] prefix = sized(key);
    List<Raw> rows = new ArrayList<>();
    long bytes = 0;
    try (RowIterator scan = task.rows(store).scan(prefix, endOf(prefix))) {
      while (scan.next()) {
        Raw row = new Raw(scan.key(), scan.value());
        bytes += row.bytes();
        if (rows.size() >= MOST_ENTRIES || bytes > MOST_ENTRY_BYTES) {
          throw new ConfigurationException(
              "Cannot get a value of store '"
                  + store
                  + "': it has more than "
                  + MOST_ENTRIES
                  + " entries or "
                  + MOST_ENTRY_BYTES
                  + " bytes for one key, and its worker would be held up. Keep less per key");
        }
        rows.add(row);
      }
    }
    return rows;
  }

  /** {@return the larger of two row keys} */
  static byte[] later(byte[] left, byte[] right) {
    return Arrays.compareUnsigned(left, right) >= 0 ? left : right;
  }

  /** {@return the smallest key after all that begin with some bytes; null for the store's end} */
  static byte @Nullable [] endOf(byte[] prefix) {
    return RowStore.successor(prefix);
  }

  /** {@return the key's length, then the key: what row keys of lists and maps begin with} */
  static byte[] sized(byte[] key) {
    ByteWriter out = new ByteWriter(key.length + 2);
    out.writeVarint(key.length);
    out.writeBytes(key);
    return out.toByteArray();
  }
}
