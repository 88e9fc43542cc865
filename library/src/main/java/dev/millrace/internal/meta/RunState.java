package dev.millrace.internal.meta;

/** Where an instance stands. */
public enum RunState {
  /** Joining its groups and restoring state. */
  STARTING,
  /** At work. */
  RUNNING,
  /** Asked to stop; committing and leaving. */
  STOPPING,
  /** Stopped in good order. */
  STOPPED,
  /** All of a bounded input is processed. */
  FINISHED,
  /** Stopped by an error. */
  FAILED
}
