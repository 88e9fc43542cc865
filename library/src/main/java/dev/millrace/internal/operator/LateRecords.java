package dev.millrace.internal.operator;

import dev.millrace.window.Late;

/**
 * The counters of records that operators do not take.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public interface LateRecords {

  /** Counts records that arrived after all their windows had closed, or much too early. */
  void count(Late.Reason reason, long records);

  /** Counts records that are in a window, but missing from others that had already closed. */
  void countPartly(long records);

  /** Counts records whose time lies between two windows. */
  void countInGap(long records);

  /** Counts retractions of records that are not there. */
  void countUnmatched(long retractions);
}
