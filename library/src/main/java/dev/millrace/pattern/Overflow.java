package dev.millrace.pattern;

/** The reaction when a key would have more partial matches, or hold more records, than it may. */
public enum Overflow {
  /** The event that is one too many fails: the error policy of the step decides. */
  FAIL,
  /**
   * The partial matches that have started first are dropped, a tenth of them at a time. They are
   * counted, and written to the output for unfinished matches if there is one. If records alone are
   * too many, those that wait for the watermark and have the earliest times are dropped, to the
   * output for late records.
   */
  DROP_OLDEST
}
