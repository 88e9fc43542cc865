package dev.millrace.internal.shuffle;

import java.util.Arrays;

/**
 * The slices of time that most of a worker's records fall into at present. Partitions are read in
 * about the order of time, so a slice has stragglers at most once later ones have their records.
 *
 * <p>Each record of a slice keeps it in use for some more records, up to a limit. So it is in use
 * while it has a certain share of the records, and for a while afterwards, so that partitions in
 * different places may be read in turn. No more slices can have such a share than there are places.
 *
 * <p>Only a change of the slice from one record to the next is noted.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class RecentSlices {

  /** As many as can have their share: a sixteenth. */
  private static final int PLACES = 16;

  /** For how many records a slice stays in use without any, at most. */
  static final long LONGEST = 1 << 14;

  private final long[] slices = new long[PLACES];

  /** The number of the record with which a slice is not in use any more. */
  private final long[] until = new long[PLACES];

  private long runStart;

  /**
   * Notes that records of a slice end, for now.
   *
   * @param record the number of the next record, which is of another slice
   */
  void left(long slice, long record) {
    int place = 0;
    for (int i = 0; i < PLACES && slices[place] != slice; i++) {
      if (slices[i] == slice || until[i] < until[place]) {
        place = i;
      }
    }
    if (slices[place] != slice) {
      slices[place] = slice;
      until[place] = 0;
    }
    long kept = Math.max(until[place], runStart) + (record - runStart) * PLACES;
    until[place] = Math.min(kept, record + LONGEST);
    runStart = record;
  }

  /** {@return whether a slice is in use at a record of that number} */
  boolean isInUse(long slice, long record) {
    for (int i = 0; i < PLACES; i++) {
      if (slices[i] == slice && until[i] > record) {
        return true;
      }
    }
    return false;
  }

  /** Begins anew with record 0. */
  void clear() {
    Arrays.fill(until, 0);
    runStart = 0;
  }
}
