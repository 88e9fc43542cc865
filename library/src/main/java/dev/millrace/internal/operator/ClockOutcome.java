package dev.millrace.internal.operator;

/** The outcome of a {@linkplain KeyedOperator#onClock look at the clock}. */
public enum ClockOutcome {
  /** Nothing was due. */
  NOTHING,
  /** All that was due is done, and has to be committed. */
  DONE,
  /** There is more to do, but the transaction is full: ask again after the next commit. */
  MORE
}
