package dev.millrace.internal.state;

/**
 * The accounts of a store: estimates of the heap that its rows take, from the lengths of their
 * bytes.
 *
 * <p>Each row has what it adds to them in {@link Row#accountedBytes}, so that a change costs the
 * difference only. What {@link #recount} adds goes to all accounts that the row is in; the other
 * methods take a row into an account or out of it.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class RowAccounts<V> {

  /** A Row, its share of the table at the usual load, and its places in the lists. */
  private static final int ROW_OVERHEAD_BYTES = 56 + 20 + 12;

  private final StoredValueFormat<V> format;
  private long heapBytes;
  private long dirtyHeapBytes;
  private long unwrittenHeapBytes;

  /** The heap of rows that are in both of these accounts. */
  private long changedAgainHeapBytes;

  private int usualStoredBytes = 32;

  RowAccounts(StoredValueFormat<V> format) {
    this.format = format;
  }

  /** {@return the heap of all rows in memory} */
  long heapBytes() {
    return heapBytes;
  }

  /** {@return the heap of rows that the open transaction has changed} */
  long dirtyHeapBytes() {
    return dirtyHeapBytes;
  }

  /** {@return the heap of committed rows that the state store does not have yet} */
  long unwrittenHeapBytes() {
    return unwrittenHeapBytes;
  }

  /** {@return the heap of those of them that the open transaction has changed again} */
  long changedAgainHeapBytes() {
    return changedAgainHeapBytes;
  }

  /** {@return how many bytes the values of rows recently had when they were written} */
  int usualStoredBytes() {
    return usualStoredBytes;
  }

  /** {@return how much heap a row takes whose value has as many bytes as usual} */
  long usualRowBytes() {
    return ROW_OVERHEAD_BYTES
        + 2 * arrayHeapBytes(usualStoredBytes)
        + format.heapBytes(usualStoredBytes);
  }

  /** Notes how many bytes a value has now that it is serialised. */
  void noteStoredBytes(int bytes) {
    usualStoredBytes += (bytes - usualStoredBytes) >> 4;
  }

  /** Brings the accounts up to date with what a row holds now. */
  void recount(Row<V> row) {
    long bytes = ROW_OVERHEAD_BYTES + arrayHeapBytes(row.fullKey.length);
    byte[] committed = row.committedBytes;
    int storedBytes = 0;
    if (committed != null) {
      storedBytes = committed.length;
      bytes += arrayHeapBytes(storedBytes);
    }
    if (row.state != Row.CLEAN) {
      byte[] next = row.nextBytes;
      int nextBytes = next != null ? next.length : Math.max(usualStoredBytes, storedBytes);
      bytes += arrayHeapBytes(nextBytes) + format.heapBytes(nextBytes);
    } else if (row.value != null) {
      bytes += format.heapBytes(storedBytes);
    }
    int accounted = (int) Math.min(bytes, Integer.MAX_VALUE);
    int more = accounted - row.accountedBytes;
    row.accountedBytes = accounted;
    heapBytes += more;
    if (row.state != Row.CLEAN) {
      dirtyHeapBytes += more;
    }
    if (row.unwritten) {
      unwrittenHeapBytes += more;
      changedAgainHeapBytes += row.state == Row.CLEAN ? 0 : more;
    }
  }

  /** Adds what a changed row takes by an estimate, until it is counted anew. */
  void grown(Row<V> row, int bytes) {
    int more = Math.min(bytes, Integer.MAX_VALUE - row.accountedBytes);
    row.accountedBytes += more;
    heapBytes += more;
    dirtyHeapBytes += more;
    if (row.unwritten) {
      unwrittenHeapBytes += more;
      changedAgainHeapBytes += more;
    }
  }

  /** Takes up a row that was clean and is not any more. */
  void dirtied(Row<V> row) {
    dirtyHeapBytes += row.accountedBytes;
    changedAgainHeapBytes += row.unwritten ? row.accountedBytes : 0;
    recount(row);
  }

  /** Takes out a row that has just become clean. */
  void settled(Row<V> row) {
    dirtyHeapBytes -= row.accountedBytes;
    changedAgainHeapBytes -= row.unwritten ? row.accountedBytes : 0;
    recount(row);
  }

  /** Takes up a row that has just become unwritten. */
  void unwritten(Row<V> row) {
    unwrittenHeapBytes += row.accountedBytes;
  }

  /** Takes out all unwritten rows: they are written. */
  void allWritten() {
    unwrittenHeapBytes = 0;
    changedAgainHeapBytes = 0;
  }

  /** Takes out a row that has left memory. */
  void evicted(Row<V> row) {
    heapBytes -= row.accountedBytes;
  }

  private static long arrayHeapBytes(int length) {
    return (16L + length + 7) & ~7L;
  }
}
