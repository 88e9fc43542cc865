package dev.millrace.internal.operator;

import dev.millrace.time.TimeDomain;

/**
 * An operator at the head of a stage behind a keyed shuffle.
 *
 * <p><b>Contract.</b> Called in this order, over and over: {@code onClock? -> onRecord* -> onTime?
 * -> ... -> beforeCommit}. Its state is in the task's overlay; what else it keeps must be derivable
 * from that, because an abort makes a new instance.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public interface KeyedOperator {

  /** {@return the rows that entries are folded into, to be read ahead many at a time} */
  RowPrefetch prefetch();

  /** Asks for the row of an entry that will come, through {@link #prefetch()}. */
  void want(KeyedRecord record);

  /** Takes one entry of a frame. */
  void onRecord(KeyedRecord record);

  /**
   * Time has moved on: fires what is due.
   *
   * @return false if there is more to fire but the transaction is full: call again after the next
   *     commit, with the same or a later time, before any further record
   */
  boolean onTime(TimeDomain domain, long watermarkMs);

  /**
   * The worker's clock has moved on; called now and then, also while nothing comes.
   *
   * @param wallMs milliseconds since the epoch
   */
  default ClockOutcome onClock(long wallMs) {
    return ClockOutcome.NOTHING;
  }

  /** Emits what was held back until the commit. */
  default void beforeCommit() {}
}
