package dev.millrace.internal.operator;

/** What a look at the clock came to. */
public enum ClockOutcome {
  /** Nothing was due. */
  NOTHING,
  /** All that was due is done, and has to be committed. */
  DONE,
  /** There is more to do, but the transaction is full: ask again after the next commit. */
  MORE
}
