package dev.millrace.internal.runtime;

/** What became of the transaction that a task is given up with. */
enum Fate {
  /** It is not committed, and never will be. */
  ABORTED,
  /** Nobody here knows: what was prepared for it must stay as it is. */
  UNKNOWN
}
