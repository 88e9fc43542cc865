package dev.millrace.internal.operator.window;

import dev.millrace.internal.state.RowScan;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.state.TransactionRoom;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The times at which keys have to be checked: rows of (domain, time, key), so that one scan finds
 * those that are due.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class WakeUps {

  /** The action for a key whose time has come; the key's wake-up is already deleted. */
  @FunctionalInterface
  interface Sleeper {
    void wake(long timeMs, byte[] key);
  }

  private final RowStore<Object> rows;
  private final byte domain;
  private final TransactionRoom room;
  private long earliest;

  /**
   * Creates the wake-ups of one time domain.
   *
   * @param domain distinguishes several of them in the same rows
   */
  WakeUps(RowStore<Object> rows, byte domain, TransactionRoom room) {
    this.rows = rows;
    this.domain = domain;
    this.room = room;
    byte @Nullable [] first = rows.firstKey(rowKey(Long.MIN_VALUE, new byte[0]), end());
    this.earliest = first == null ? Long.MAX_VALUE : time(first);
  }

  void set(long timeMs, byte[] key) {
    rows.row(rowKey(timeMs, key)).set(true);
    earliest = Math.min(earliest, timeMs);
  }

  void remove(long timeMs, byte[] key) {
    rows.row(rowKey(timeMs, key)).delete();
  }

  /** {@return whether {@link #wake} may have something to do} */
  boolean isDue(long nowMs) {
    return earliest <= nowMs && earliest != Long.MAX_VALUE || nowMs == Long.MAX_VALUE;
  }

  /**
   * Wakes all keys whose time has come, in the order of time, including those whose time is set
   * meanwhile and has already come.
   *
   * @return false if there are more, but the transaction is full
   */
  boolean wake(long nowMs, Sleeper sleeper) {
    boolean again = true;
    while (again) {
      again = false;
      long scannedTo = Long.MAX_VALUE;
      long from = earliest;
      earliest = Long.MAX_VALUE;
      try (RowScan<Object> scan = rows.scan(rowKey(from, new byte[0]), end())) {
        while (scan.next()) {
          byte[] rowKey = scan.row().key();
          long timeMs = time(rowKey);
          if (timeMs > nowMs) {
            scannedTo = timeMs;
            break;
          }
          if (!room.isLeft()) {
            earliest = Math.min(earliest, timeMs);
            return false;
          }
          scan.row().delete();
          sleeper.wake(timeMs, Arrays.copyOfRange(rowKey, 1 + Long.BYTES, rowKey.length));
        }
      }
      // Wake-ups that were set during the scan may be due as well.
      again = earliest <= nowMs && earliest != Long.MAX_VALUE;
      earliest = Math.min(earliest, scannedTo);
    }
    return true;
  }

  private byte[] rowKey(long timeMs, byte[] key) {
    byte[] bytes = new byte[1 + Long.BYTES + key.length];
    bytes[0] = domain;
    System.arraycopy(WindowKeys.first(timeMs), 0, bytes, 1, Long.BYTES);
    System.arraycopy(key, 0, bytes, 1 + Long.BYTES, key.length);
    return bytes;
  }

  private byte[] end() {
    return new byte[] {(byte) (domain + 1)};
  }

  private static long time(byte[] rowKey) {
    return WindowKeys.time(Arrays.copyOfRange(rowKey, 1, 1 + Long.BYTES));
  }
}
