package dev.millrace.runner.host;

import org.jspecify.annotations.Nullable;

/**
 * Kafka has not done what it was asked for, or it is not known whether it has; the request may be
 * repeated, which does no harm.
 */
public final class KafkaSilentException extends Exception {

  private static final long serialVersionUID = 1L;

  /** Creates an exception whose message has the reason. */
  public KafkaSilentException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
