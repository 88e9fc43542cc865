package dev.millrace.internal.operator;

import dev.millrace.time.TimeDomain;

/**
 * An operator at the head of a stage, directly after a keyed shuffle.
 *
 * <p><b>Contract.</b> Called in this order, over and over: {@code onClock? -> onRecord* -> onTime?
 * -> ... -> beforeCommit}. Its state is in the task's overlay; anything else it keeps must be
 * derivable from the overlay, because an abort makes a new instance.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public interface KeyedOperator {

  /** {@return the prefetch of the rows that entries are folded into, many at a time} */
  RowPrefetch prefetch();

  /** Asks for the row of an entry that will arrive soon, through {@link #prefetch()}. */
  void want(KeyedRecord record);

  /** Takes one entry of a frame. */
  void onRecord(KeyedRecord record);

  /**
   * Moves time on: fires all that is due.
   *
   * @return false if there is more to fire but the transaction is full: call again after the next
   *     commit, with the same or a later time, before any further record
   */
  boolean onTime(TimeDomain domain, long watermarkMs);

  /**
   * Moves the worker's clock on; called now and then, also while no records arrive.
   *
   * @param wallMs milliseconds since the epoch
   */
  default ClockOutcome onClock(long wallMs) {
    return ClockOutcome.NOTHING;
  }

  /** Emits the results that were held back until the commit. */
  default void beforeCommit() {}
}
