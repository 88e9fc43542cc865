package dev.millrace.internal.operator;

import dev.millrace.internal.state.RowStore;

/**
 * Reads the rows of a whole frame in one go, for as long as enough of them are not in memory.
 *
 * <p>Looking ahead costs a second look at each key, a cold row read by itself several microseconds:
 * it pays from a few misses in a hundred on. While it is on, the share of misses among the rows
 * asked for decides whether it stays on.
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

  /** {@return whether the next frame's keys should be {@linkplain #want asked for} ahead} */
  public boolean isOn() {
    return ahead;
  }

  /** Asks for a row. */
  public void want(byte[] bytes, int offset, int length, int hash) {
    rows.want(bytes, offset, length, hash);
  }

  /** Reads what was asked for, {@code asked} rows. */
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
