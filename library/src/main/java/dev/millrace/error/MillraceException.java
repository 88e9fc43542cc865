package dev.millrace.error;

import org.jspecify.annotations.Nullable;

/**
 * The root of Millrace's exceptions. All are unchecked; messages have the shape {@code Cannot
 * <verb> <thing>: <reason> (<values>). <what to do>}.
 */
public class MillraceException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** Creates an exception with a whole sentence as its message. */
  public MillraceException(String message) {
    super(message);
  }

  /** Creates an exception with a whole sentence as its message, and its cause. */
  public MillraceException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
