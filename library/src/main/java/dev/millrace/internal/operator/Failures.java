package dev.millrace.internal.operator;

import dev.millrace.error.ErrorPolicy;

/**
 * What a task does about records that fail; knows which record is being processed.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public interface Failures {

  /** Waits before another attempt. */
  void backOff(long millis);

  /**
   * Gives the current record up: counts it, writes it to the dead letters, or throws {@link
   * dev.millrace.error.RecordException}.
   */
  void giveUp(String operator, ErrorPolicy policy, Exception cause);
}
