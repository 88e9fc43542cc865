package dev.millrace.internal.window;

import dev.millrace.internal.util.Saturating;

/**
 * The grouping of a key's slices into rows: those between two multiples of a length share one.
 * Rows, like slices, are named by their ends.
 *
 * <p>One row for many slices saves most of the puts and tombstones, since a transaction often
 * changes several slices of a key, and all of them are deleted at some time. But a change of one
 * slice writes all of its row, and slices stay until the last of their row is due for deletion;
 * hence a row spans a quarter of a window at most.
 *
 * <p><b>Threads.</b> Immutable.
 */
public final class SliceRows {

  private static final int ROWS_PER_WINDOW = 4;

  private final long rowMs;

  private SliceRows(long rowMs) {
    this.rowMs = rowMs;
  }

  /**
   * {@return the rows of windows that overlap}
   *
   * @param maxSlices how many slices a row may have
   */
  public static SliceRows of(WindowKind overlapping, int maxSlices) {
    long sizeMs;
    long sliceMs;
    if (overlapping instanceof WindowKind.Sliding sliding) {
      sizeMs = sliding.sizeMs();
      sliceMs = Saturating.commonDivisor(sizeMs, sliding.slideMs());
    } else if (overlapping instanceof WindowKind.Cumulative cumulative) {
      sizeMs = cumulative.sizeMs();
      sliceMs = cumulative.stepMs();
    } else {
      throw new IllegalArgumentException("Cannot share rows: no overlap (" + overlapping + ")");
    }
    long perWindow = sizeMs / sliceMs;
    long slices = Math.max(1, Math.min(maxSlices, perWindow / ROWS_PER_WINDOW));
    // No row has slices of two windows that do not overlap: the first would stay for too long.
    while (perWindow % slices != 0) {
      slices--;
    }
    return new SliceRows(sliceMs * slices);
  }

  /** {@return how long a row is, milliseconds: with another length, rows cannot be read} */
  public long rowMs() {
    return rowMs;
  }

  /** {@return the end of the row that has a slice, itself the end of a slice} */
  public long rowEnd(long sliceEnd) {
    return Saturating.add(sliceEnd, rowMs - 1 - Math.floorMod(sliceEnd - 1, rowMs));
  }

  /** {@return the first time that belongs to a row} */
  public long rowStart(long rowEnd) {
    return rowEnd == Long.MAX_VALUE
        ? Saturating.floor(rowEnd - 1, rowMs, 0)
        : Saturating.subtract(rowEnd, rowMs);
  }
}
