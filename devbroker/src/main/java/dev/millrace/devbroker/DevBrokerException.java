package dev.millrace.devbroker;

import org.jspecify.annotations.Nullable;

/** A development broker could not be started, reached or stopped; the message names the remedy. */
public final class DevBrokerException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** Creates the exception with a whole sentence as its message. */
  public DevBrokerException(String message) {
    super(message);
  }

  /** Creates the exception with a whole sentence as its message, and its cause. */
  public DevBrokerException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
