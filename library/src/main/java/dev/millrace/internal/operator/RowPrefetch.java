package dev.millrace.internal.operator;

import dev.millrace.internal.state.RowStore;

/**
 * A prefetch that reads the rows of one frame or several in one go, as long as enough of them are
 * not in memory.
 *
 * <p>The prefetch costs a second look at each key; a cold row that is read by itself costs several
 * microseconds. So the prefetch pays from a few misses in a hundred on. While it is on, the share
 * of misses among the rows asked for decides whether it stays on.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class RowPrefetch {

  private static final int MISSES_PER_HUNDRED = 4;

  private final RowStore<?> rows;
  private boolean ahead;
  private long loadsBefore;

  /** Creates the prefetch of one operator's rows; it is off at first. */
  public RowPrefetch(RowStore<?> rows) {
    this.rows = rows;
  }

  /** {@return whether the next frame's rows should be {@linkplain #want asked for} in advance} */
  public boolean isOn() {
    return ahead;
  }

  /** {@return how many rows may be asked for at once} */
  public int mostRows() {
    return rows.readAheadRows();
  }

  /** Asks for a row. */
  public void want(byte[] bytes, int offset, int length, int hash) {
    rows.want(bytes, offset, length, hash);
  }

  /** Asks for the row of a record's key. */
  public void want(KeyedRecord record) {
    rows.want(record.bytes(), record.keyOffset(), record.keyLength(), record.keyHash());
  }

  /** Reads the {@code asked} rows that were asked for. */
  public void load(int asked) {
    ahead = rows.loadWanted() * 100L >= (long) asked * MISSES_PER_HUNDRED;
  }

  /** Notes that a frame of so many entries was processed. */
  public void frameDone(int entries) {
    long loads = rows.singleLoads();
    ahead |= (loads - loadsBefore) * 100 >= (long) entries * MISSES_PER_HUNDRED;
    loadsBefore = loads;
  }
}
