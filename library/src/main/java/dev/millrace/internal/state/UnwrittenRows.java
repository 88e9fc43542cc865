package dev.millrace.internal.state;

import dev.millrace.internal.state.store.StoreBatch;
import dev.millrace.internal.util.KeyOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The changes of a store that are committed, but not yet in the state store: rows, and ranges whose
 * rows were deleted. The state store gets them in one batch, with the rows as they are by then.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class UnwrittenRows<V> implements KeyOrder.Keys {

  private final ArrayList<Row<V>> rows = new ArrayList<>();
  private final List<KeyRange> deletedRanges = new ArrayList<>();

  /** {@return the rows, each once; a later change of the list shows} */
  List<Row<V>> rows() {
    return rows;
  }

  /** Adds a row that is not among them. */
  void add(Row<V> row) {
    row.unwritten = true;
    rows.add(row);
  }

  /** Adds ranges that were deleted; rows that have come back in them are added as rows. */
  void addDeleted(List<KeyRange> ranges) {
    deletedRanges.addAll(ranges);
  }

  /** Adds all changes to a batch: range deletes first, then rows in the order of keys. */
  void addTo(StoreBatch batch) {
    for (KeyRange range : deletedRanges) {
      batch.deleteRange(range.from, range.to);
    }
    Deleted deleted = new Deleted(deletedRanges);
    for (int number : KeyOrder.of(this, rows.size())) {
      Row<V> row = rows.get(number);
      if (row.committedBytes != null) {
        batch.put(row.fullKey, row.committedBytes);
      } else if (!deleted.has(row.fullKey)) {
        batch.delete(row.fullKey);
      }
    }
  }

  /** Forgets all of them: the state store has them now. */
  void clear() {
    for (int i = 0; i < rows.size(); i++) {
      rows.get(i).unwritten = false;
    }
    rows.clear();
    deletedRanges.clear();
  }

  @Override
  public byte[] keyBytes(int number) {
    return rows.get(number).fullKey;
  }

  @Override
  public int keyOffset(int number) {
    return 0;
  }

  @Override
  public int keyLength(int number) {
    return rows.get(number).fullKey.length;
  }

  /** The question whether a key is in one of many ranges, for keys that come in their order. */
  private static final class Deleted {
    private final List<KeyRange> ranges;
    private int begun;

    /** The furthest end of the ranges that have begun. */
    private byte @Nullable [] end;

    Deleted(List<KeyRange> ranges) {
      this.ranges = new ArrayList<>(ranges);
      this.ranges.sort((a, b) -> Arrays.compareUnsigned(a.from, b.from));
    }

    boolean has(byte[] key) {
      while (begun < ranges.size() && Arrays.compareUnsigned(ranges.get(begun).from, key) <= 0) {
        byte[] to = ranges.get(begun).to;
        end = end == null || Arrays.compareUnsigned(to, end) > 0 ? to : end;
        begun++;
      }
      return end != null && Arrays.compareUnsigned(key, end) < 0;
    }
  }
}
