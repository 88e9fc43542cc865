package dev.millrace.internal.state;

import dev.millrace.internal.state.store.RowIterator;
import dev.millrace.internal.state.store.StateStore;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The number of a store's rows, as of the last commit.
 *
 * <p>No store knows how many rows it has: RocksDB guesses. So the rows that are there when a task
 * opens are counted little by little, in the order of their keys, while commits change them.
 *
 * <p>I1: {@link #rows} is the number of committed rows before {@link #next}, or of all of them if
 * there is no next one. A commit changes it by the rows before that which come or go.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class RowCount {

  static final long UNKNOWN = -1;

  private final byte[] end;
  private byte @Nullable [] next;
  private long rows;

  /**
   * Creates a count that has not begun.
   *
   * @param first where the store's keys begin
   * @param end where they end, exclusive
   */
  RowCount(byte @Nullable [] first, byte[] end) {
    this.next = first;
    this.end = end;
  }

  /** {@return the count of a store of which it is known that it has no rows} */
  static RowCount ofNone(byte[] end) {
    return new RowCount(null, end);
  }

  /** {@return the number of rows; {@link #UNKNOWN} until all are counted} */
  long rows() {
    return next == null ? rows : UNKNOWN;
  }

  /** Notes the commit of a row that was changed. */
  void committed(byte[] fullKey, byte @Nullable [] before, byte @Nullable [] after) {
    if ((before == null) != (after == null) && isCounted(fullKey)) {
      rows += after == null ? -1 : 1;
    }
  }

  private boolean isCounted(byte[] fullKey) {
    byte[] upTo = next;
    return upTo == null || Arrays.compareUnsigned(fullKey, upTo) < 0;
  }

  /** Counts further rows of the state store, which has to have all committed ones. */
  int countOn(StateStore store, int most) {
    byte[] from = next;
    if (from == null) {
      return 0;
    }
    int counted = 0;
    try (RowIterator iterator = store.scan(from, end)) {
      byte[] last = from;
      while (counted < most && iterator.next()) {
        last = iterator.key();
        counted++;
      }
      // The smallest key after the last one is that with a zero at its end.
      next = counted < most ? null : Arrays.copyOf(last, last.length + 1);
    }
    rows += counted;
    return counted;
  }
}
