package dev.millrace.internal.time;

/** Where the reading of a partition stands; only a source's that has caught up may become idle. */
public enum SourceProgress {
  /** The position equals the end offset, of which the cluster was asked just now. */
  CAUGHT_UP,
  /** There is nothing to read as far as the consumer knows; the end was not asked for just now. */
  QUIET,
  /** Nothing was found out. */
  UNKNOWN,
  /** There are records that were not read yet, or it is not known whether there are. */
  LAGGING,
  /** The partition is paused: back-pressure, alignment or restore. */
  PAUSED
}
