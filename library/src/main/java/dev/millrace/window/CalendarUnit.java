package dev.millrace.window;

/** The length of a window of the calendar. */
public enum CalendarUnit {
  /** From midnight to midnight, or from the first instant of a day that has no midnight. */
  DAY,
  /** From Monday to Monday, as ISO 8601 counts weeks. */
  WEEK,
  /** From the first of a month to the first of the next. */
  MONTH
}
