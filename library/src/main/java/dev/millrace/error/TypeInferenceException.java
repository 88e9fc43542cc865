package dev.millrace.error;

import org.jspecify.annotations.Nullable;

/** A type that cannot be inferred or has no codec: name it as the message shows. */
public final class TypeInferenceException extends MillraceException {

  private static final long serialVersionUID = 1L;

  /** Creates the exception with a whole sentence as its message. */
  public TypeInferenceException(String message) {
    super(message);
  }

  /** Creates the exception with a whole sentence as its message, and its cause. */
  public TypeInferenceException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /**
   * Creates the exception with a whole sentence as its message, and its cause.
   *
   * @param place where it happened, as far as it is known
   */
  public TypeInferenceException(String message, Place place, @Nullable Throwable cause) {
    super(message, place, cause);
  }
}
