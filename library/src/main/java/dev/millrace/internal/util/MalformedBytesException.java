package dev.millrace.internal.util;

/**
 * The exception for bytes that do not have the form their format demands; the reader turns it into
 * an error with coordinates.
 */
public final class MalformedBytesException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** Creates the exception with a sentence on what was expected and what was found. */
  public MalformedBytesException(String message) {
    super(message);
  }
}
