package dev.millrace.runner.host;

import org.jspecify.annotations.Nullable;

/** The status of a job cannot be told at present; a later question may be answered. */
public final class NoStatusException extends Exception {

  private static final long serialVersionUID = 1L;

  /** Creates an exception whose message says why. */
  public NoStatusException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
