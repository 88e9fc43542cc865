package dev.millrace.runner.host;

import org.jspecify.annotations.Nullable;

/** The lack of a job's status at present; a later request may succeed. */
public final class NoStatusException extends Exception {

  private static final long serialVersionUID = 1L;

  /** Creates an exception whose message has the reason. */
  public NoStatusException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
