package dev.millrace.error;

import org.jspecify.annotations.Nullable;

/** Offsets, state and what was agreed no longer fit together; the message names the ways on. */
public final class DivergedException extends MillraceException {

  private static final long serialVersionUID = 1L;

  /** Creates the exception with a whole sentence as its message. */
  public DivergedException(String message) {
    super(message);
  }

  /** Creates the exception with a whole sentence as its message, and its cause. */
  public DivergedException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
