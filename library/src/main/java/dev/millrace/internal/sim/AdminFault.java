package dev.millrace.internal.sim;

/** The fault of a call of an admin client. */
public enum AdminFault {
  /** Nothing. */
  NONE,
  /** The cluster does nothing, and no answer comes in time. */
  NOT_DONE,
  /** It does all of it, and no answer comes in time. */
  ANSWER_LOST,
  /** It does the first half of it, and no answer comes in time for the rest. */
  HALF_DONE
}
