package dev.millrace.error;

import org.jspecify.annotations.Nullable;

/** An error in the program or its settings: correct it and start again. */
public final class ConfigurationException extends MillraceException {

  private static final long serialVersionUID = 1L;

  /** Creates the exception with a whole sentence as its message. */
  public ConfigurationException(String message) {
    super(message);
  }

  /** Creates the exception with a whole sentence as its message, and its cause. */
  public ConfigurationException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /**
   * Creates the exception with a whole sentence as its message, and its cause.
   *
   * @param place where it happened, as far as it is known
   */
  public ConfigurationException(String message, Place place, @Nullable Throwable cause) {
    super(message, place, cause);
  }
}
