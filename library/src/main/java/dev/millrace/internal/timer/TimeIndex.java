package dev.millrace.internal.timer;

import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowScan;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.state.TransactionRoom;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An index of rows by time: entries of (time, key), each once, which {@link #due} meets in this
 * order.
 *
 * <p><b>Contract.</b> What an entry is for is the owner's affair: the row of a window, or a mark
 * that something else is due. The rows are the whole state. An operator that is made anew, after an
 * abort or in the midst of a firing, goes on with the rows that are left: so whatever is due is
 * removed when its turn comes. The index knows of entries that are set with {@link #put}, or whose
 * row was set by the owner and reported with {@link #added}; removing a row it need not know of.
 * Removing an entry that is not there, or has been removed, does nothing.
 *
 * <p><b>Time.</b> Milliseconds, any long. An entry is due when time is <em>at or past</em> it.
 *
 * <p><b>Cost.</b> An entry is a row: one changelog record when it is set, one when it is removed,
 * none if both are in one transaction. Setting it, and removing it before it is due, look up the
 * row, which reads the store if it is not in memory; {@link #putNew} does not. {@code due} with
 * nothing due is a comparison. Else it is one scan, which begins where the last one ended and so
 * passes no tombstones of what has fired since the operator was made, and which reads one row that
 * is not due. Entries that are added meanwhile and are due cost one more scan for each distinct
 * time. Making the index takes one scan to its first row, over the tombstones that the store has
 * not compacted yet.
 *
 * <p>An entry for everything that is kept for a while doubles the rows. Where a key has many such
 * things, one entry per key at the earliest of their times is cheaper, which is set anew when it is
 * due: sessions do so, and expiring state lets an entry stay although its row lives longer by now.
 *
 * <p>I1: no row of this index is before ({@code earliestMs}, {@code from}). I2: while a scan is
 * open, every entry was there when it was opened or has a time of {@code addedMs} or later.
 *
 * <p><b>Threads.</b> Confined to the task's worker. One {@link DueRows} may be open at a time.
 */
public final class TimeIndex<V> {

  /** In {@code addedMs}: no scan is open. */
  private static final long NO_SCAN = Long.MIN_VALUE;

  private final RowStore<V> rows;
  private final TransactionRoom room;
  private final byte[] part;
  private final byte @Nullable [] end;
  private final TimeKey rowKey;

  /** Where the time is in a row's full key. */
  private final int timeAt;

  /** No row has an earlier time; the end of time if there is none at all. */
  private long earliestMs;

  /**
   * No row of the earliest time has a smaller full key; null if nothing of that time has fired. A
   * firing may stop in the middle of a million rows of one time, and is not to pass their
   * tombstones again. Null spares a record of the earliest window a comparison of keys.
   */
  private byte @Nullable [] from;

  /** The earliest time that was added since the scan was opened, or {@link #NO_SCAN}. */
  private long addedMs = NO_SCAN;

  private TimeIndex(RowStore<V> rows, byte[] part, byte @Nullable [] end, TransactionRoom room) {
    this.rows = rows;
    this.part = part;
    this.end = end;
    this.room = room;
    this.rowKey = new TimeKey(part);
    this.timeAt = rows.keyOffset() + part.length;
    byte @Nullable [] first = rows.firstKey(part, end);
    this.earliestMs = first == null ? Long.MAX_VALUE : OrderedTime.read(first, part.length);
  }

  /** {@return the index that a store's rows are, all of them} */
  public static <V> TimeIndex<V> of(RowStore<V> rows, TransactionRoom room) {
    return new TimeIndex<>(rows, new byte[0], null, room);
  }

  /**
   * {@return one of several indexes in a store}
   *
   * @param part the first byte of its row keys, not negative; {@link OrderedTime#code} for the
   *     index of a time domain
   */
  public static <V> TimeIndex<V> of(RowStore<V> rows, byte part, TransactionRoom room) {
    return new TimeIndex<>(rows, new byte[] {part}, new byte[] {(byte) (part + 1)}, room);
  }

  // ------------------------------------------------------------------ entries

  /** {@return the row key of an entry, until the next is made} */
  public TimeKey key(long timeMs, byte[] bytes, int offset, int length) {
    return rowKey.of(timeMs, bytes, offset, length);
  }

  /** {@return the row of an entry; {@link #added} has to follow if it is set} */
  public Row<V> row(long timeMs, byte[] bytes, int offset, int length) {
    rowKey.of(timeMs, bytes, offset, length);
    return rows.row(rowKey.array(), 0, rowKey.size(), rowKey.hash());
  }

  /** Notes that the row of an entry was set, be it there already or not. */
  public void added(long timeMs, Row<V> row) {
    if (timeMs < addedMs) {
      addedMs = timeMs;
    }
    if (timeMs < earliestMs) {
      earliestMs = timeMs;
      from = null;
    } else if (timeMs == earliestMs
        && from != null
        && Arrays.compareUnsigned(row.fullKey(), from) < 0) {
      from = row.fullKey();
    }
  }

  /** Sets an entry. */
  public void put(long timeMs, byte[] key, V value) {
    Row<V> row = row(timeMs, key, 0, key.length);
    row.set(value);
    added(timeMs, row);
  }

  /**
   * Sets an entry of which the owner knows that it is not there, so that nothing is read.
   *
   * @return its row
   */
  public Row<V> putNew(long timeMs, byte[] bytes, int offset, int length, V value) {
    rowKey.of(timeMs, bytes, offset, length);
    Row<V> row = rows.absentRow(rowKey.array(), 0, rowKey.size(), rowKey.hash());
    row.set(value);
    added(timeMs, row);
    return row;
  }

  /** Removes an entry, if it is there. */
  public void remove(long timeMs, byte[] key) {
    row(timeMs, key, 0, key.length).delete();
  }

  /**
   * Removes an entry of which the owner knows that it is there, or was removed in the open
   * transaction, so that nothing is read.
   */
  public void removeExisting(long timeMs, byte[] bytes, int offset, int length) {
    rowKey.of(timeMs, bytes, offset, length);
    rows.deleteExisting(rowKey.array(), 0, rowKey.size(), rowKey.hash());
  }

  // ------------------------------------------------------------------ firing

  /** {@return a time that no entry is before; {@link Long#MAX_VALUE} if there is none} */
  public long earliestMs() {
    return earliestMs;
  }

  /** {@return whether an entry may be due} */
  public boolean isDue(long nowMs) {
    return earliestMs <= nowMs;
  }

  /**
   * Removes what is due, entry by entry, in the order of {@link #due}, and calls the action for
   * each. It may set entries, at any time.
   *
   * @return false if there are more, but the transaction is full: to be called again after the
   *     commit
   */
  public boolean fire(long upToMs, Consumer<? super DueRows<V>> action) {
    if (!isDue(upToMs)) {
      return true;
    }
    try (DueRows<V> due = due(upToMs)) {
      while (due.next()) {
        due.remove();
        action.accept(due);
      }
      return due.isComplete();
    }
  }

  /** Does as {@link #fire} does, with what is due before a time. */
  public boolean fireBefore(long endMs, Consumer<? super DueRows<V>> action) {
    return endMs == Long.MIN_VALUE || fire(endMs - 1, action);
  }

  /**
   * {@return the entries that are due, by time and then by key, those included that are added
   * meanwhile; to be closed before the transaction ends}
   *
   * @param upToMs the latest time that is due
   */
  public DueRows<V> due(long upToMs) {
    if (addedMs != NO_SCAN) {
      throw new IllegalStateException("Cannot begin a firing: another is under way");
    }
    return new DueRows<>(this, upToMs, timeAt + OrderedTime.BYTES);
  }

  // ------------------------------------------------------------------ the cursor's side

  RowScan<V> scan() {
    byte[] first = from;
    byte[] start;
    if (first == null) {
      start = rowKey.of(earliestMs, part, 0, 0).copy();
    } else {
      start = Arrays.copyOfRange(first, rows.keyOffset(), first.length);
    }
    RowScan<V> scan = rows.scan(start, end);
    addedMs = Long.MAX_VALUE;
    return scan;
  }

  boolean roomIsLeft() {
    return room.isLeft();
  }

  long timeOf(Row<V> row) {
    return OrderedTime.read(row.fullKey(), timeAt);
  }

  /** {@return whether an entry was added, as yet unseen, with a time up to the given one} */
  boolean hasAdded(long upToMs) {
    return addedMs <= upToMs;
  }

  /** Notes that the open scan is on the first row that is left. */
  void reached(long timeMs) {
    if (timeMs > earliestMs) {
      earliestMs = timeMs;
      from = null;
    }
  }

  /** Notes that the row that the open scan is on is removed. */
  void removed(long timeMs, byte[] fullKey) {
    if (addedMs > timeMs) {
      from = fullKey;
    }
  }

  /**
   * Notes that the scan has ended with nothing left that is due.
   *
   * @param nextMs the time of the row it ended at, or {@link Long#MAX_VALUE} if there was none
   */
  void completed(long nextMs) {
    earliestMs = Math.min(nextMs, addedMs);
    from = null;
    addedMs = NO_SCAN;
  }

  /** Notes that the scan was closed with rows left that are due. */
  void interrupted() {
    addedMs = NO_SCAN;
  }
}
