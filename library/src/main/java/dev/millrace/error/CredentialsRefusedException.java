package dev.millrace.error;

import org.jspecify.annotations.Nullable;

/**
 * The refusal of the job's credentials or certificate by Kafka's brokers. That may be a wrong
 * setting; it may also be transient, as when the service that brokers use to check credentials is
 * down. Nothing is lost: the job continues from its last commit once its credentials are accepted.
 */
public final class CredentialsRefusedException extends MillraceException {

  private static final long serialVersionUID = 1L;

  /** Creates the exception with a whole sentence as its message, and its cause. */
  public CredentialsRefusedException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
