package dev.millrace.error;

import org.jspecify.annotations.Nullable;

/**
 * Committed offsets, restored state and the input's log contradict each other. The job cannot go on
 * from its last commit; the message names the ways on.
 */
public final class OffsetsDivergedException extends MillraceException {

  private static final long serialVersionUID = 1L;

  /** Creates the exception with a whole sentence as its message. */
  public OffsetsDivergedException(String message) {
    super(message);
  }

  /** Creates the exception with a whole sentence as its message, and its cause. */
  public OffsetsDivergedException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
