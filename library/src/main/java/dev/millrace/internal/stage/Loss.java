package dev.millrace.internal.stage;

/** A loss of input that the operator of a job may accept. */
public enum Loss {
  /** A log was cut off before what was read of it. */
  TRUNCATION,
  /** Records were deleted before they were read. */
  DELETION
}
