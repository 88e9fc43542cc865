package dev.millrace.internal.state;

import dev.millrace.internal.state.store.RowIterator;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A cursor over the committed rows of a range: those of the state store, but for rows that have
 * changed since it was written, whose committed bytes are in memory.
 *
 * <p>A row that has not changed since is clean, so that the state store has its committed bytes.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class CommittedScan<V> implements RowIterator {

  private final RowIterator stored;
  private final RowScan.ChangedRows<V> changedRows;
  private final int prefixLength;
  private byte @Nullable [] storedKey;
  private @Nullable Row<V> changed;
  private byte @Nullable [] fullKey;
  private byte @Nullable [] value;

  CommittedScan(RowIterator stored, RowScan.ChangedRows<V> changedRows, int prefixLength) {
    this.stored = stored;
    this.changedRows = changedRows;
    this.prefixLength = prefixLength;
    this.storedKey = stored.next() ? stored.key() : null;
    this.changed = changedRows.next();
  }

  @Override
  public boolean next() {
    value = null;
    while (value == null && (storedKey != null || changed != null)) {
      takeSmaller();
    }
    return value != null;
  }

  private void takeSmaller() {
    byte[] key = storedKey;
    Row<V> row = changed;
    int order = key == null ? 1 : row == null ? -1 : Arrays.compareUnsigned(key, row.fullKey);
    if (row == null || order < 0) {
      fullKey = key;
      value = stored.value();
      storedKey = stored.next() ? stored.key() : null;
      return;
    }
    fullKey = row.fullKey;
    byte @Nullable [] atStore = order == 0 ? stored.value() : null;
    value = RowStore.isUnread(row) ? atStore : row.committedBytes;
    if (order == 0) {
      storedKey = stored.next() ? stored.key() : null;
    }
    changed = changedRows.next();
  }

  @Override
  public byte[] key() {
    byte[] key = fullKey;
    if (key == null || value == null) {
      throw new IllegalStateException("Cannot give a key: the scan is not on a row");
    }
    return Arrays.copyOfRange(key, prefixLength, key.length);
  }

  @Override
  public byte[] value() {
    byte[] bytes = value;
    if (bytes == null) {
      throw new IllegalStateException("Cannot give a value: the scan is not on a row");
    }
    return bytes;
  }

  @Override
  public void close() {
    stored.close();
  }
}
