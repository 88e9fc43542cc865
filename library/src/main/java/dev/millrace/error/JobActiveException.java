package dev.millrace.error;

import org.jspecify.annotations.Nullable;

/**
 * The refusal of an operation that is not safe while instances of the job are active, or have left
 * a transaction open. Stop them, and try again.
 */
public final class JobActiveException extends MillraceException {

  private static final long serialVersionUID = 1L;

  /** Creates the exception with a whole sentence as its message. */
  public JobActiveException(String message) {
    super(message);
  }

  /** Creates the exception with a whole sentence as its message, and its cause. */
  public JobActiveException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /**
   * Creates the exception with a whole sentence as its message, and its cause.
   *
   * @param place where it happened, as far as it is known
   */
  public JobActiveException(String message, Place place, @Nullable Throwable cause) {
    super(message, place, cause);
  }
}
