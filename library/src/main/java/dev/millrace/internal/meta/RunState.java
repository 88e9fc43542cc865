package dev.millrace.internal.meta;

/** The state of an instance's run. */
public enum RunState {
  /** Joining its groups and restoring state. */
  STARTING,
  /** Processing. */
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
