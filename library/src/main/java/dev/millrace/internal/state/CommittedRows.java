package dev.millrace.internal.state;

import dev.millrace.internal.state.store.RowIterator;
import org.jspecify.annotations.Nullable;

/**
 * The rows of one store as of the task's last commit, as bytes.
 *
 * <p>What the open transaction has done to them does not show, and reading leaves no trace: no row
 * becomes part of the cache, or younger in it.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class CommittedRows {

  private final RowStore<?> rows;

  CommittedRows(RowStore<?> rows) {
    this.rows = rows;
  }

  /** {@return the value under a key, not to be changed, or null if there is none} */
  public byte @Nullable [] value(byte[] key) {
    return rows.committedBytes(key);
  }

  /**
   * {@return the rows from a key up to another, exclusive, or to the store's end if it is null;
   * keys are without the store id} To be closed before anything of the task changes.
   */
  public RowIterator scan(byte[] fromInclusive, byte @Nullable [] toExclusive) {
    return rows.committedScan(fromInclusive, toExclusive);
  }
}
