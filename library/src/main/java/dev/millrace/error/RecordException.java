package dev.millrace.error;

import org.jspecify.annotations.Nullable;

/**
 * The failure of a record that cannot be decoded, processed or produced under the policy FAIL; the
 * message has its coordinates, and so has {@link #place}, unless the failure belongs to no single
 * input record.
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

  /**
   * Creates the exception with a whole sentence as its message, and its cause.
   *
   * @param place the record's place, as far as it is known
   */
  public RecordException(String message, Place place, @Nullable Throwable cause) {
    super(message, place, cause);
  }
}
