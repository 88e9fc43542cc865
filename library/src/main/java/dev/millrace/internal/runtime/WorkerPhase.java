package dev.millrace.internal.runtime;

/**
 * The phase of a worker, for people who watch it: coarser than the phases of its life, most of
 * which change with each transaction.
 */
public enum WorkerPhase {
  /** It waits for its producer, for tables that it looks up, or for its first assignment. */
  STARTING,
  /** It brings the rows of some of its tasks back; the others work. */
  RESTORING,
  /** Its tasks work. */
  RUNNING,
  /** Its source is not read: somebody has paused it, or later stages do not keep up. */
  PAUSED,
  /** Its tasks do not work, since the system that a sink writes to keeps failing. */
  SUSPENDED,
  /** It commits for the last time, or leaves its group, or has done so. */
  CLOSING
}
