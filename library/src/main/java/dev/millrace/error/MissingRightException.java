package dev.millrace.error;

import org.jspecify.annotations.Nullable;

/**
 * The lack of a right that the job's principal needs. Nothing is lost: grant the right that the
 * message names, and start again.
 */
public final class MissingRightException extends MillraceException {

  private static final long serialVersionUID = 1L;

  private final String operation;
  private final String resource;

  /**
   * Creates the exception with a whole sentence as its message, and its cause.
   *
   * @param operation what has to be allowed, as Kafka's tools call it, such as {@code WRITE}
   * @param resource on what, such as {@code topic orders}
   */
  public MissingRightException(
      String message, String operation, String resource, @Nullable Throwable cause) {
    super(message, cause);
    this.operation = operation;
    this.resource = resource;
  }

  /**
   * Creates the exception with a whole sentence as its message, and its cause.
   *
   * @param operation what has to be allowed, as Kafka's tools call it, such as {@code WRITE}
   * @param resource on what, such as {@code topic orders}
   * @param place where it happened, as far as it is known
   */
  public MissingRightException(
      String message, String operation, String resource, Place place, @Nullable Throwable cause) {
    super(message, place, cause);
    this.operation = operation;
    this.resource = resource;
  }

  /** {@return what has to be allowed, as Kafka's tools call it, such as {@code WRITE}} */
  public String operation() {
    return operation;
  }

  /** {@return on what, such as {@code topic orders}} */
  public String resource() {
    return resource;
  }
}
