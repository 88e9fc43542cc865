package dev.millrace.internal.operator.window;

import dev.millrace.internal.operator.KeyedRecord;
import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.timer.OrderedTime;
import dev.millrace.internal.timer.TimeIndex;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The windows that have begun in the open transaction, in memory only: what fires before the commit
 * never becomes a row. All that is left is {@linkplain #write() written} with the commit, and
 * earlier if it takes too much memory; a window that has rows goes on with them.
 *
 * <p>I1: a window is here or has rows, never both. I2: all that is here came in the open
 * transaction, so an abort, which makes everything anew, loses nothing that was committed.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class FreshWindows {

  /**
   * A window without end, or what stands for it: the index cannot distinguish it from no rows at
   * all.
   */
  private static final long ALWAYS_ROWS = Long.MAX_VALUE;

  /** More windows than that are not looked for one by one: others begin with rows. */
  private static final int MAX_WINDOWS = 64;

  /** Of so many windows is known that they have rows; of others that is assumed. */
  private static final int MAX_KNOWN = 1_000;

  /** The share of the memory that may be filled before rows are written. */
  private static final int WRITES_PER_ROOM = 4;

  /** The places of a key in the arrays of a window, and a short accumulator. */
  private static final int KEY_BYTES = 80;

  private static final int MAX_EXPECTED = 1 << 16;

  private final RowStore<Object> rows;
  private final TimeIndex<Object> index;
  private final long maxBytes;

  /** By their ends. */
  private final List<FreshWindow> open = new ArrayList<>();

  /** Ends of windows that have rows; perhaps of some that had. */
  private final NavigableSet<Long> withRows = new TreeSet<>();

  /** The window of the last record, if it is open. */
  private @Nullable FreshWindow last;

  /** The end of the last window that was found to have rows. */
  private long lastWithRows;

  /** No window that ends after this has rows. */
  private long rowsUpTo;

  private long bytes;
  private int expected;

  /**
   * Creates the windows of an operator that has rows, or has none.
   *
   * @param index the rows by the ends of their windows
   * @param cacheBytes the memory that the operator may use
   */
  FreshWindows(RowStore<Object> rows, TimeIndex<Object> index, long cacheBytes) {
    this.rows = rows;
    this.index = index;
    this.maxBytes = cacheBytes / WRITES_PER_ROOM;
    this.rowsUpTo = index.earliestMs() == Long.MAX_VALUE ? Long.MIN_VALUE : Long.MAX_VALUE;
    this.lastWithRows = Long.MIN_VALUE;
  }

  // ------------------------------------------------------------------ records

  /** {@return whether a record of a window may need a row} */
  boolean mayHaveRows(long end) {
    return end <= rowsUpTo && (last == null || last.end() != end);
  }

  /** {@return the window with an end, a new one if there was none; null if it is one with rows} */
  @Nullable FreshWindow window(long end) {
    FreshWindow known = last;
    if (known != null && known.end() == end) {
      return known;
    }
    return end == lastWithRows ? null : search(end);
  }

  private @Nullable FreshWindow search(long end) {
    int at = open.size();
    while (at > 0 && open.get(at - 1).end() > end) {
      at--;
    }
    if (at > 0 && open.get(at - 1).end() == end) {
      last = open.get(at - 1);
      return last;
    }
    if (end == ALWAYS_ROWS || open.size() >= MAX_WINDOWS || (end <= rowsUpTo && hasRows(end))) {
      rowsUpTo = Math.max(rowsUpTo, end);
      lastWithRows = end;
      return null;
    }
    // Those that are open together have the room of two, not each that of the last one.
    FreshWindow added = new FreshWindow(end, expected >> Math.min(open.size(), Integer.SIZE - 1));
    open.add(at, added);
    last = added;
    return added;
  }

  private boolean hasRows(long end) {
    if (withRows.size() >= MAX_KNOWN || withRows.contains(end)) {
      return true;
    }
    return rows.any(OrderedTime.first(end), OrderedTime.after(end)) && withRows.add(end);
  }

  /**
   * Sets the accumulator of a record's key.
   *
   * @param number the key as it was found, or {@link FreshWindow#NONE}
   * @param grownBytes about how much more memory it takes than the one before, if it is not short
   */
  void put(FreshWindow window, int number, KeyedRecord record, Object accumulator, int grownBytes) {
    long more = grownBytes;
    if (number == FreshWindow.NONE) {
      window.add(record, accumulator);
      more += (long) KEY_BYTES + record.keyLength();
    } else {
      window.set(number, accumulator);
    }
    window.grow(more);
    bytes += more;
    if (bytes > maxBytes) {
      // As rows they count towards the size of the transaction.
      write();
    }
  }

  // ------------------------------------------------------------------ firing

  /** {@return the first window, or null if none ends up to a time} */
  @Nullable FreshWindow firstUpTo(long timeMs) {
    return open.isEmpty() || open.get(0).end() > timeMs ? null : open.get(0);
  }

  /** Removes the first window: it has fired. */
  void removeFirst() {
    FreshWindow fired = open.remove(0);
    bytes -= fired.bytes();
    expected = Math.min(fired.size(), MAX_EXPECTED);
    last = null;
  }

  /** Notes that no window up to a time has rows any more, nor will have. */
  void firedUpTo(long timeMs) {
    if (index.earliestMs() == Long.MAX_VALUE) {
      rowsUpTo = timeMs;
    }
    if (!withRows.isEmpty()) {
      withRows.headSet(timeMs, true).clear();
    }
  }

  // ------------------------------------------------------------------ rows

  /** Writes all that is here to rows. */
  void write() {
    for (FreshWindow window : open) {
      write(window);
      rowsUpTo = Math.max(rowsUpTo, window.end());
      if (withRows.size() < MAX_KNOWN) {
        withRows.add(window.end());
      }
    }
    open.clear();
    last = null;
    bytes = 0;
  }

  private void write(FreshWindow window) {
    @Nullable Row<Object> row = null;
    int written = 0;
    for (int i = 0; i < window.size(); i++) {
      if (!window.isTaken(i)) {
        row =
            index.putNew(
                window.end(),
                window.keyBytes(i),
                window.keyOffset(i),
                window.keyLength(i),
                window.accumulator(i));
        written++;
      }
    }
    if (row != null) {
      // Which of the rows has grown does not matter: it is their sum that fills a transaction.
      long keys = (long) KEY_BYTES * window.size() + window.bytesOfKeys();
      long grown = (window.bytes() - keys) * written / window.size();
      row.grew((int) Math.min(grown, Integer.MAX_VALUE));
    }
  }
}
