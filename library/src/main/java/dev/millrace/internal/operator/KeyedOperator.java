package dev.millrace.internal.operator;

import dev.millrace.time.TimeDomain;

/**
 * An operator whose records come by key, from one input or several.
 *
 * <p>Inputs are numbered from 0, in the order in which the plan has them. Records of different
 * inputs come in no particular order, but where both have records waiting, the older ones come
 * first.
 *
 * <p><b>Contract.</b> Called in this order, over and over: {@code onClock? -> onRecord* -> onTime?
 * -> ... -> beforeCommit}. Its state is in the task's overlay; anything else it keeps must be
 * derivable from the overlay, because an abort makes a new instance.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public interface KeyedOperator {

  /** {@return the prefetch of the rows that an input's entries need, many at a time} */
  RowPrefetch prefetch(int input);

  /** Asks for the row of an entry that will arrive soon, through {@link #prefetch}. */
  void want(int input, KeyedRecord record);

  /** Takes one entry of a frame. */
  void onRecord(int input, KeyedRecord record);

  /**
   * Moves time on: fires all that is due.
   *
   * @return false if there is more to fire but the transaction is full: call again after the next
   *     commit, with the same or a later time, before any further record
   */
  boolean onTime(TimeDomain domain, long watermarkMs);

  /** {@return whether something may become due by the worker's clock alone} */
  default boolean looksAtClock() {
    return false;
  }

  /**
   * Moves the worker's clock on; called now and then, also while no records arrive, of an operator
   * that {@linkplain #looksAtClock looks at it}.
   *
   * @param wallMs milliseconds since the epoch
   */
  default ClockOutcome onClock(long wallMs) {
    return ClockOutcome.NOTHING;
  }

  /** Emits the results that were held back until the commit. */
  default void beforeCommit() {}

  /**
   * {@return whether {@link #beforeCommit} may have results to emit}
   *
   * <p>Every operator that emits there has to answer: where nothing is held back and nothing was
   * emitted, the commit is not near.
   */
  default boolean holdsResults() {
    return false;
  }
}
