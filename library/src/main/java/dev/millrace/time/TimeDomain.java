package dev.millrace.time;

/** The time that a window or a timer goes by. */
public enum TimeDomain {
  /** The time in the record; moves with the watermark. */
  EVENT,
  /** The time of the machine that first shuffled the record; moves with the clock. */
  PROCESSING
}
