package dev.millrace.error;

import org.jspecify.annotations.Nullable;

/**
 * One record cannot be decoded, processed or produced under the policy FAIL; the message has its
 * coordinates.
 */
public final class RecordException extends MillraceException {

  private static final long serialVersionUID = 1L;

  /** Creates the exception with a whole sentence as its message. */
  public RecordException(String message) {
    super(message);
  }

  /** Creates the exception with a whole sentence as its message, and its cause. */
  public RecordException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
