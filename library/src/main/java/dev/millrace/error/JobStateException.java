package dev.millrace.error;

import org.jspecify.annotations.Nullable;

/**
 * The refusal of an operation that does not fit the job's present state: it was reset, is being
 * reset, or has finished. The message names the remedy.
 */
public final class JobStateException extends MillraceException {

  private static final long serialVersionUID = 1L;

  /** Creates the exception with a whole sentence as its message. */
  public JobStateException(String message) {
    super(message);
  }

  /** Creates the exception with a whole sentence as its message, and its cause. */
  public JobStateException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /**
   * Creates the exception with a whole sentence as its message, and its cause.
   *
   * @param place where it happened, as far as it is known
   */
  public JobStateException(String message, Place place, @Nullable Throwable cause) {
    super(message, place, cause);
  }
}
