package dev.millrace.config;

/** What happens to a record that still fails after its retries. */
public enum ErrorPolicy {
  /** The task stops with the record's coordinates and the cause. */
  FAIL,
  /** The record is counted and left out. */
  SKIP,
  /** The record's original bytes go to the errors topic, in the same transaction. */
  DEAD_LETTER
}
