package dev.millrace.error;

import org.jspecify.annotations.Nullable;

/** The operation is not safe in the present state (for example, members are active). */
public final class RefusedException extends MillraceException {

  private static final long serialVersionUID = 1L;

  /** Creates the exception with a whole sentence as its message. */
  public RefusedException(String message) {
    super(message);
  }

  /** Creates the exception with a whole sentence as its message, and its cause. */
  public RefusedException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
