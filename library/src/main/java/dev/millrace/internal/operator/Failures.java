package dev.millrace.internal.operator;

import dev.millrace.error.ErrorPolicy;
import org.jspecify.annotations.Nullable;

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
   *
   * @param value what the operator was given, for results that no single record stands behind; null
   *     ahead of decoding
   */
  void giveUp(String operator, ErrorPolicy policy, @Nullable Object value, Exception cause);

  /** Counts a further attempt that the operator makes without waiting here. */
  void countRetry();

  /** {@return where the current record came from, for an operator that goes on with it later} */
  Origin origin();

  /** Makes the record of that origin the current one again. */
  void resume(Origin origin);

  /** Where a record came from. */
  interface Origin {}
}
