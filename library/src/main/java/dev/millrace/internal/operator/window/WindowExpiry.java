package dev.millrace.internal.operator.window;

import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.timer.ExpiryMark;
import dev.millrace.internal.util.Saturating;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The expiry of windows that can be corrected: the time from which on a record is late for them and
 * their rows may go.
 *
 * <p>That is the allowed lateness after their end, and no version of the program can bring back
 * what is gone. Where a version allows more lateness than the one before it, a window that had
 * expired by then stays so: a record for it would make a result of that record alone, in place of
 * the one that was emitted. So a row of its own ({@link ExpiryMark}) has the lateness, and the end
 * up to which windows had expired when it was last raised.
 *
 * <p>I1: from the first {@link #settle} on, the row is that of the present lateness. I2: a window
 * that has expired once stays expired, over restarts and versions.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class WindowExpiry {

  private final RowStore<Object> rows;
  private final Object mark;
  private final long latenessMs;

  /** No window that ends up to this can be corrected any more. */
  private final long goneUpToMs;

  /** The key of the row that there has to be. */
  private final byte[] own;

  /** The key of the row that there is. */
  private byte @Nullable [] known;

  /**
   * Creates the expiry of an operator's windows.
   *
   * @param rows a store in which no other key begins as that of an {@link ExpiryMark}
   * @param mark the value of the row, which means nothing
   * @param formerLatenessMs the lateness that was allowed where there are windows, but no row
   * @param firedUpToMs the time that windows have gone by so far
   */
  WindowExpiry(
      RowStore<Object> rows,
      Object mark,
      long latenessMs,
      long formerLatenessMs,
      long firedUpToMs) {
    this.rows = rows;
    this.mark = mark;
    this.latenessMs = latenessMs;
    byte @Nullable [] found = rows.firstKey(ExpiryMark.first(), ExpiryMark.end());
    ExpiryMark former =
        found == null ? new ExpiryMark(formerLatenessMs, Long.MIN_VALUE) : ExpiryMark.of(found);
    long gone = former.goneUpToMs();
    this.goneUpToMs =
        former.latenessMs() < latenessMs
            ? Math.max(gone, Saturating.subtract(firedUpToMs, former.latenessMs()))
            : gone;
    this.own = new ExpiryMark(latenessMs, goneUpToMs).key();
    this.known = Arrays.equals(found, own) ? own : found;
  }

  /** {@return whether a window that ends there can no longer be corrected} */
  boolean isExpired(long windowEndMs, long watermarkMs) {
    return Saturating.add(windowEndMs, latenessMs) <= watermarkMs || windowEndMs <= goneUpToMs;
  }

  /**
   * Keeps what the next version has to know; to be called with each firing, before any row goes by
   * the present lateness. At the end of time nothing is left to know.
   *
   * @param watermarkMs the time up to which the operator fires
   */
  void settle(long watermarkMs) {
    byte @Nullable [] wanted = watermarkMs == Long.MAX_VALUE ? null : own;
    byte @Nullable [] former = known;
    if (wanted == former) {
      return;
    }
    if (former != null) {
      rows.row(former).delete();
    }
    if (wanted != null) {
      rows.row(wanted).set(mark);
    }
    known = wanted;
  }
}
