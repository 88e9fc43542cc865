package dev.millrace.internal.operator.process;

import dev.millrace.internal.handle.KeyScope;
import dev.millrace.internal.handle.OrderedTime;
import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowScan;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.state.TransactionRoom;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.time.TimeDomain;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The timers of all keys in one time domain: rows of (domain, time, key), so that there is one for
 * each key and time, and that firing is a scan.
 *
 * <p>I1: no row lies before {@code scanFrom}. I2: {@code earliest} is not later than any timer.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class TimerRows {

  /** The action for a timer that fires; the timer's row is already deleted. */
  @FunctionalInterface
  interface Firing {
    void fire(long timeMs, byte[] rowKey, int keyOffset);
  }

  private static final int KEY_AT = 9;

  private final RowStore<Object> rows;
  private final KeyScope scope;
  private final TransactionRoom room;
  private final byte domain;
  private final ByteWriter rowKey = new ByteWriter(64);
  private byte[] scanFrom;
  private long earliest;

  /** The earliest timer that was set since the last one fired. */
  private long setMeanwhile = Long.MAX_VALUE;

  TimerRows(RowStore<Object> rows, KeyScope scope, TransactionRoom room, TimeDomain domain) {
    this.rows = rows;
    this.scope = scope;
    this.room = room;
    this.domain = OrderedTime.code(domain);
    byte[] from = {this.domain};
    byte @Nullable [] first = rows.firstKey(from, end());
    this.scanFrom = first == null ? from : first;
    this.earliest = first == null ? Long.MAX_VALUE : OrderedTime.read(first, 1);
  }

  private byte[] end() {
    return new byte[] {(byte) (domain + 1)};
  }

  /** Sets a timer of the present key. */
  void set(long timeMs) {
    Row<Object> row = row(timeMs);
    if (!row.exists()) {
      scope.set(row, true);
      earliest = Math.min(earliest, timeMs);
      setMeanwhile = Math.min(setMeanwhile, timeMs);
      if (Arrays.compareUnsigned(rowKey.array(), 0, rowKey.size(), scanFrom, 0, scanFrom.length)
          < 0) {
        scanFrom = rowKey.toByteArray();
      }
    }
  }

  /** Removes a timer of the present key. */
  void cancel(long timeMs) {
    Row<Object> row = row(timeMs);
    if (row.exists()) {
      scope.delete(row);
    }
  }

  private Row<Object> row(long timeMs) {
    rowKey.clear();
    rowKey.writeByte(domain);
    OrderedTime.write(rowKey, timeMs);
    rowKey.writeBytes(scope.bytes(), scope.offset(), scope.length());
    return rows.row(rowKey.toByteArray());
  }

  /** {@return whether a timer may have to fire} */
  boolean isDue(long nowMs) {
    return earliest <= nowMs && earliest != Long.MAX_VALUE;
  }

  /**
   * Fires all timers up to a time in their order, those included that are set meanwhile.
   *
   * @return false if there are more, but the transaction is full
   */
  boolean fire(long nowMs, Firing firing) {
    while (isDue(nowMs)) {
      if (!pass(nowMs, firing)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Fires until a timer is set that the scan may miss, or that is due before the next row; returns
   * false if the transaction is full.
   */
  private boolean pass(long nowMs, Firing firing) {
    long setForLater = Long.MAX_VALUE;
    try (RowScan<Object> scan = rows.scan(scanFrom, end())) {
      while (scan.next()) {
        byte[] key = scan.row().key();
        long timeMs = OrderedTime.read(key, 1);
        if (timeMs > nowMs) {
          earliest = Math.min(timeMs, setForLater);
          scanFrom = setForLater <= timeMs ? scanFrom : key;
          return true;
        }
        earliest = timeMs;
        scanFrom = key;
        if (!room.isLeft()) {
          return false;
        }
        scan.row().delete();
        setMeanwhile = Long.MAX_VALUE;
        firing.fire(timeMs, key, KEY_AT);
        if (setMeanwhile <= nowMs) {
          return true;
        }
        setForLater = Math.min(setForLater, setMeanwhile);
      }
    }
    earliest = setForLater;
    return true;
  }
}
