package dev.millrace.internal.state.store;

/**
 * The sizes of a state store, as estimates; a store in memory has rows only.
 *
 * @param rows its rows
 * @param diskBytes bytes of its files
 * @param memtableBytes memory of rows that are in no file yet
 * @param pendingCompactionBytes bytes of files that are still to be merged
 */
public record StoreSizes(
    long rows, long diskBytes, long memtableBytes, long pendingCompactionBytes) {

  /** The sizes of nothing. */
  public static final StoreSizes NONE = new StoreSizes(0, 0, 0, 0);

  /** {@return the sum of both} */
  public StoreSizes plus(StoreSizes other) {
    return new StoreSizes(
        rows + other.rows,
        diskBytes + other.diskBytes,
        memtableBytes + other.memtableBytes,
        pendingCompactionBytes + other.pendingCompactionBytes);
  }
}
