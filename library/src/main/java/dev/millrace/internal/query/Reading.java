package dev.millrace.internal.query;

import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.runtime.CommittedTask;
import dev.millrace.internal.state.RowIterator;
import dev.millrace.internal.state.RowStore;
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

  /** An answer is held in memory by both sides until it is decoded. */
  private static final int MOST_BYTES = 1 << 20;

  /** A row as it is stored; its key is without the store's id. */
  @SuppressWarnings("ArrayRecordComponent")
  record Raw(byte[] key, byte[] value) {}

  /** {@return the only row, or none if there is no value} */
  static Reading ofValue(byte[] key, byte @Nullable [] value, long timeMs) {
    return new Reading(
        value == null ? List.of() : List.of(new Raw(key, value)), null, timeMs);
  }

  /** A filter of rows by their keys. */
  interface Filter {
    boolean takes(byte[] rowKey);
  }

  /** {@return a page of the rows whose keys are in a range and that a filter takes} */
  static Reading page(
      CommittedTask task,
      RowIterator scan,
      int limit,
      Filter filter,
      long timeMs) {
    List<Raw> rows = new ArrayList<>();
    int bytes = 0;
    while (scan.next()) {
      byte[] key = scan.key();
      if (rows.size() == limit || bytes >= MOST_BYTES || !task.hasTime()) {
        return new Reading(rows, key, timeMs);
      }
      if (filter.takes(key)) {
        byte[] value = scan.value();
        rows.add(new Raw(key, value));
        bytes += key.length + value.length;
      }
    }
    return new Reading(rows, null, timeMs);
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
