package dev.millrace.process;

import java.time.Instant;

/**
 * The timers of the key that a process function is called for.
 *
 * <p><b>Contract.</b> At most one timer per key, time and time domain: setting it again changes
 * nothing. Timers are state: they are committed with it and survive restarts. They fire in the
 * order of time; one that is set for a time that has passed fires at the next occasion. Times are
 * taken to the millisecond, rounded down.
 *
 * <p><b>Threads.</b> Confined to the task's worker, and to the calls of the function.
 */
public interface Timers {

  /**
   * Sets a timer that fires when the watermark reaches a time: when all records before it have been
   * seen.
   *
   * @throws IllegalStateException if the sources have no watermarks, so that it would never fire
   */
  void setEventTime(Instant time);

  /** Sets a timer that fires when the worker's clock reaches a time. */
  void setProcessingTime(Instant time);

  /** Removes an event-time timer, if there is one. */
  void cancelEventTime(Instant time);

  /** Removes a processing-time timer, if there is one. */
  void cancelProcessingTime(Instant time);
}
