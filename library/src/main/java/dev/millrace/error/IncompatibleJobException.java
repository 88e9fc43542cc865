package dev.millrace.error;

import org.jspecify.annotations.Nullable;

/**
 * A difference between the job and what is deployed under its name, in topics, stores or partition
 * counts.
 */
public final class IncompatibleJobException extends MillraceException {

  private static final long serialVersionUID = 1L;

  /** Creates the exception with a whole sentence as its message. */
  public IncompatibleJobException(String message) {
    super(message);
  }

  /** Creates the exception with a whole sentence as its message, and its cause. */
  public IncompatibleJobException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /**
   * Creates the exception with a whole sentence as its message, and its cause.
   *
   * @param place where it happened, as far as it is known
   */
  public IncompatibleJobException(String message, Place place, @Nullable Throwable cause) {
    super(message, place, cause);
  }
}
