package dev.millrace.internal.operator;

import dev.millrace.error.ErrorPolicy;
import org.jspecify.annotations.Nullable;

/**
 * The task's handling of records that fail; it knows which record is being processed.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public interface Failures {

  /** Waits before another attempt. */
  void backOff(long millis);

  /**
   * Drops the current record by the policy: counts it, writes it to the dead letters, or throws
   * {@link dev.millrace.error.RecordException}.
   *
   * @param value the operator's input, for results that do not come from a single record; null
   *     before decoding
   */
  void giveUp(String operator, ErrorPolicy policy, @Nullable Object value, Exception cause);

  /**
   * As {@link #giveUp}, for what several records have become, of which the current one is only the
   * last: a dead letter has the value, not that record's bytes.
   *
   * @param value what is dropped
   */
  default void giveUpResult(String operator, ErrorPolicy policy, Object value, Exception cause) {
    giveUp(operator, policy, value, cause);
  }

  /** Counts a further attempt that the operator makes without waiting here. */
  void countRetry();

  /** {@return the origin of the current record, for an operator that processes it later} */
  Origin origin();

  /** Makes the record of that origin the current one again. */
  void resume(Origin origin);

  /**
   * Notes that what follows is caused by time or a commit, or is a result of several records: if it
   * fails, no single record is what is dropped.
   */
  void atNoRecord();

  /** The origin of a record. */
  interface Origin {}
}
