package dev.millrace.internal.kafka;

import dev.millrace.error.MillraceException;
import org.jspecify.annotations.Nullable;

/**
 * An answer of the cluster, or of its admin client, that is not about the job: an internal error of
 * a broker, or a call interrupted by a broker that went away.
 */
final class AdminCallException extends MillraceException {

  private static final long serialVersionUID = 1L;

  AdminCallException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
