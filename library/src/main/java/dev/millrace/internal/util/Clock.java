package dev.millrace.internal.util;

/**
 * The port through which the engine reads time, so that tests can hold it still.
 *
 * <p><b>Time.</b> {@link #wallMs()} is data: milliseconds since the epoch, may jump. {@link
 * #nanos()} is for durations only: monotonic, of arbitrary origin.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
public interface Clock {

  /** {@return milliseconds since the epoch} */
  long wallMs();

  /** {@return a monotonic reading in nanoseconds} */
  long nanos();

  /**
   * Lets the calling thread wait; returns early when it is interrupted, with the interrupt flag
   * set.
   */
  void sleepMs(long millis);
}
