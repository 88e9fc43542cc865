package dev.millrace.error;

import org.jspecify.annotations.Nullable;

/**
 * A failure to read or write local state (disk full, damaged, locked by another process), or of the
 * job's own serde to read what the job kept.
 */
public final class StateStoreException extends MillraceException {

  private static final long serialVersionUID = 1L;

  /** Creates the exception with a whole sentence as its message. */
  public StateStoreException(String message) {
    super(message);
  }

  /** Creates the exception with a whole sentence as its message, and its cause. */
  public StateStoreException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /**
   * Creates the exception with a whole sentence as its message, and its cause.
   *
   * @param place where it happened, as far as it is known
   */
  public StateStoreException(String message, Place place, @Nullable Throwable cause) {
    super(message, place, cause);
  }
}
