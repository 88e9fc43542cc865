package dev.millrace.error;

import org.jspecify.annotations.Nullable;

/** A failure to reach Kafka: no broker answers at the given address. */
public final class KafkaUnreachableException extends MillraceException {

  private static final long serialVersionUID = 1L;

  /** Creates the exception with a whole sentence as its message. */
  public KafkaUnreachableException(String message) {
    super(message);
  }

  /** Creates the exception with a whole sentence as its message, and its cause. */
  public KafkaUnreachableException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /**
   * Creates the exception with a whole sentence as its message, and its cause.
   *
   * @param place where it happened, as far as it is known
   */
  public KafkaUnreachableException(String message, Place place, @Nullable Throwable cause) {
    super(message, place, cause);
  }
}
