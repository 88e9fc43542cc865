package dev.millrace.internal.kafka;

/** The state of a consumer whose credentials a broker has refused. */
public enum AfterRefusal {
  /** It is let in again, at a later poll, if they are accepted then. */
  TRIES_AGAIN,
  /** It has left its group for good, and never reports again. */
  IS_GONE
}
