package dev.millrace.admin;

/** The phases of an instance's life. */
public enum InstanceState {
  /** Reading the tables that it has whole, joining its groups and restoring state. */
  STARTING,
  /** At work. */
  RUNNING,
  /** Asked to stop; committing and leaving. */
  STOPPING,
  /** Stopped in good order. */
  STOPPED,
  /** All of a bounded input is processed, by this instance and all others. */
  FINISHED,
  /** Stopped by an error. */
  FAILED
}
