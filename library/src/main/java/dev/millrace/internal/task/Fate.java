package dev.millrace.internal.task;

/** The outcome of the transaction during which a task is released. */
public enum Fate {
  /** The transaction is not committed, and never will be. */
  ABORTED,
  /** The outcome is not known here: what sinks prepared for the transaction must stay as it is. */
  UNKNOWN
}
