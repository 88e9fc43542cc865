package dev.millrace.internal.time;

/** The progress of reading a partition; only a partition that has caught up may become idle. */
public enum SourceProgress {
  /** The position equals the end offset, which the cluster was asked for just now. */
  CAUGHT_UP,
  /** There is nothing to read as far as the consumer knows; the end was not asked for just now. */
  QUIET,
  /** The progress could not be found out. */
  UNKNOWN,
  /** There are records that were not read yet, or it is not known whether there are. */
  LAGGING,
  /** The partition is paused: back-pressure, alignment or restore. */
  PAUSED
}
