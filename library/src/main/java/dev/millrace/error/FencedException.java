package dev.millrace.error;

import org.jspecify.annotations.Nullable;

/** The fencing of an instance: another one owns its work now, so this one has to stop. */
public final class FencedException extends MillraceException {

  private static final long serialVersionUID = 1L;

  /** Creates the exception with a whole sentence as its message. */
  public FencedException(String message) {
    super(message);
  }

  /** Creates the exception with a whole sentence as its message, and its cause. */
  public FencedException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /**
   * Creates the exception with a whole sentence as its message, and its cause.
   *
   * @param place where it happened, as far as it is known
   */
  public FencedException(String message, Place place, @Nullable Throwable cause) {
    super(message, place, cause);
  }
}
