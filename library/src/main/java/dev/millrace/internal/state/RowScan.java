package dev.millrace.internal.state;

import dev.millrace.internal.state.store.RowIterator;
import java.util.Arrays;
import java.util.Map;
import java.util.NavigableMap;
import org.jspecify.annotations.Nullable;

/**
 * A cursor over the rows of a key range in ascending order, the open transaction's changes
 * included.
 *
 * <p>Rows may be set and deleted meanwhile: a row that the cursor has not reached is met with its
 * value at that time, or not at all if it is deleted by then; whether a row that is <i>new</i>
 * after the cursor is met, is left open.
 *
 * <p><b>Threads.</b> Confined to the task's worker. To be closed before the transaction ends.
 */
public final class RowScan<V> implements AutoCloseable {

  private final RowStore<V> rows;
  private final RowIterator stored;
  private final long transaction;
  private final ChangedRows<V> changedRows;
  private byte @Nullable [] storedKey;
  private @Nullable Row<V> changed;
  private @Nullable Row<V> current;

  RowScan(RowStore<V> rows, RowIterator stored, ChangedRows<V> changedRows) {
    this.rows = rows;
    this.stored = stored;
    this.transaction = rows.transaction;
    this.changedRows = changedRows;
    this.storedKey = stored.next() ? stored.key() : null;
    this.changed = changedRows.next();
  }

  /** {@return whether there is another row, which is then the present one} */
  public boolean next() {
    if (transaction != rows.transaction) {
      throw new IllegalStateException(
          "Cannot go on with a scan: its transaction is over. Close scans before a commit");
    }
    while (storedKey != null || changed != null) {
      Row<V> row = smaller();
      if (row.exists()) {
        current = row;
        return true;
      }
    }
    current = null;
    return false;
  }

  /** {@return the present row} */
  public Row<V> row() {
    if (current == null) {
      throw new IllegalStateException("Cannot give a row: the scan is not on one");
    }
    return current;
  }

  @Override
  public void close() {
    stored.close();
  }

  private Row<V> smaller() {
    byte[] key = storedKey;
    Row<V> row = changed;
    int order = key == null ? 1 : row == null ? -1 : Arrays.compareUnsigned(key, row.fullKey);
    if (key != null && order < 0) {
      Row<V> found = rows.found(key);
      if (found == null) {
        found = rows.detached(key, stored.value());
      }
      storedKey = stored.next() ? stored.key() : null;
      return found;
    }
    if (row == null) {
      throw new IllegalStateException("Cannot move a scan: both sides are at their end");
    }
    if (order == 0) {
      storedKey = stored.next() ? stored.key() : null;
    }
    changed = changedRows.next();
    return row;
  }

  /** The rows of the range that are not, or not like this, in the state store; in order. */
  interface ChangedRows<V> {

    @Nullable Row<V> next();
  }

  /** Changed rows that were collected and sorted when the scan began. */
  static final class Collected<V> implements ChangedRows<V> {

    private final Row<V>[] sorted;
    private int at;

    Collected(Row<V>[] sorted) {
      this.sorted = sorted;
    }

    @Override
    public @Nullable Row<V> next() {
      return at < sorted.length ? sorted[at++] : null;
    }
  }

  /** Changed rows out of the ordered index; looked up one by one, since it changes meanwhile. */
  static final class Indexed<V> implements ChangedRows<V> {

    private final NavigableMap<byte[], Row<V>> index;
    private final byte[] to;
    private byte[] from;
    private boolean begun;

    Indexed(NavigableMap<byte[], Row<V>> index, byte[] from, byte[] to) {
      this.index = index;
      this.from = from;
      this.to = to;
    }

    @Override
    public @Nullable Row<V> next() {
      Map.Entry<byte[], Row<V>> entry = begun ? index.higherEntry(from) : index.ceilingEntry(from);
      begun = true;
      if (entry == null || Arrays.compareUnsigned(entry.getKey(), to) >= 0) {
        return null;
      }
      from = entry.getKey();
      return entry.getValue();
    }
  }
}
