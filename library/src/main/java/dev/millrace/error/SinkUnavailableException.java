package dev.millrace.error;

import org.jspecify.annotations.Nullable;

/**
 * An outage of the system that a sink writes to; no record is to blame. Thrown by a sink's writer:
 * with a circuit breaker the job waits until the system is back, without one it stops.
 */
public final class SinkUnavailableException extends MillraceException {

  private static final long serialVersionUID = 1L;

  /** Creates the exception with a whole sentence as its message. */
  public SinkUnavailableException(String message) {
    super(message);
  }

  /** Creates the exception with a whole sentence as its message, and its cause. */
  public SinkUnavailableException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /**
   * Creates the exception with a whole sentence as its message, and its cause.
   *
   * @param place where it happened, as far as it is known
   */
  public SinkUnavailableException(String message, Place place, @Nullable Throwable cause) {
    super(message, place, cause);
  }
}
