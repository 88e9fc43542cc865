package dev.millrace.pattern;

/** What happens if a key has more partial matches than it may have. */
public enum Overflow {
  /** The event that is one too many fails: the error policy of the step decides. */
  FAIL,
  /**
   * The partial matches that have started first are dropped, a tenth of them at a time. They are
   * counted, and written to the output for unfinished matches if there is one.
   */
  DROP_OLDEST
}
