package dev.millrace.internal.state;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The search for the rows of a range among those that the state store does not have as they are: at
 * first by going through all of them, and once that has been done too often, by an ordered index.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class ChangeIndex<V> {

  /** How many passes over the changed rows an index is worth. */
  private static final int PASSES_BEFORE_INDEX = 32;

  private static final int FEW_ROWS = 16;

  private @Nullable NavigableMap<byte[], Row<V>> index;
  private long passedRows;

  /** Notes that a row has become one of them. */
  void changed(Row<V> row) {
    if (index != null) {
      index.put(row.fullKey, row);
    }
  }

  /** Begins afresh: rows may have gone. */
  void forget() {
    index = null;
    passedRows = 0;
  }

  /**
   * {@return the rows of a range, in order}
   *
   * @param unwritten all that are committed
   * @param dirty all that the open transaction has changed, some of them committed too
   */
  RowScan.ChangedRows<V> within(
      List<Row<V>> unwritten, List<Row<V>> dirty, byte[] from, byte[] to) {
    int rows = unwritten.size() + dirty.size();
    NavigableMap<byte[], Row<V>> ordered = index;
    if (ordered == null) {
      passedRows += rows;
      if (passedRows <= (long) PASSES_BEFORE_INDEX * Math.max(rows, FEW_ROWS)) {
        return collected(unwritten, dirty, from, to);
      }
      ordered = new TreeMap<>(Arrays::compareUnsigned);
      for (Row<V> row : unwritten) {
        ordered.put(row.fullKey, row);
      }
      for (Row<V> row : dirty) {
        ordered.put(row.fullKey, row);
      }
      index = ordered;
    }
    return new RowScan.Indexed<>(ordered, from, to);
  }

  private static <V> RowScan.ChangedRows<V> collected(
      List<Row<V>> unwritten, List<Row<V>> dirty, byte[] from, byte[] to) {
    List<Row<V>> inRange = new ArrayList<>();
    for (Row<V> row : unwritten) {
      if (isWithin(row, from, to)) {
        inRange.add(row);
      }
    }
    for (Row<V> row : dirty) {
      if (!row.unwritten && isWithin(row, from, to)) {
        inRange.add(row);
      }
    }
    Row<V>[] sorted = inRange.toArray(RowTable.slots(inRange.size()));
    Arrays.sort(sorted, (a, b) -> Arrays.compareUnsigned(a.fullKey, b.fullKey));
    return new RowScan.Collected<>(sorted);
  }

  private static <V> boolean isWithin(Row<V> row, byte[] from, byte[] to) {
    return Arrays.compareUnsigned(row.fullKey, from) >= 0
        && Arrays.compareUnsigned(row.fullKey, to) < 0;
  }
}
