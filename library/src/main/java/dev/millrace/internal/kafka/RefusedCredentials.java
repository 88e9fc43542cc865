package dev.millrace.internal.kafka;

import dev.millrace.error.CredentialsRefusedException;
import dev.millrace.error.MillraceException;
import java.util.Optional;
import org.apache.kafka.common.errors.AuthenticationException;
import org.jspecify.annotations.Nullable;

/**
 * Kafka's refusals of credentials, as errors that name the settings.
 *
 * <p><b>Threads.</b> Stateless.
 */
public final class RefusedCredentials {

  private RefusedCredentials() {}

  /** {@return the refusal that is the cause of an error, if one is} */
  public static Optional<AuthenticationException> of(Throwable error) {
    for (@Nullable Throwable at = error; at != null; at = at.getCause()) {
      if (at instanceof AuthenticationException refused) {
        return Optional.of(refused);
      }
    }
    return Optional.empty();
  }

  /**
   * {@return the error with a message for people, if it is Kafka's and refused credentials are its
   * cause; otherwise the error itself}
   *
   * @param action what cannot be done because of it, to follow "Cannot "
   */
  public static RuntimeException explained(RuntimeException error, String action) {
    if (error instanceof MillraceException) {
      return error; // It has a message, or is that of user code, which may have clients of its own.
    }
    return of(error)
        .<RuntimeException>map(
            refused -> exception("Cannot " + action + ": " + text(refused), error))
        .orElse(error);
  }

  private static String text(AuthenticationException refused) {
    String message = String.valueOf(refused.getMessage()).strip();
    String name = refused.getClass().getSimpleName();
    return name
        + ", "
        + (message.endsWith(".") ? message.substring(0, message.length() - 1) : message);
  }

  /** {@return the exception} of a sentence without its end. */
  static CredentialsRefusedException exception(String sentence, Throwable cause) {
    return new CredentialsRefusedException(
        sentence
            + ". Check the settings kafka.security.*, kafka.sasl.* and kafka.ssl.*, and what brokers"
            + " ask about credentials",
        cause);
  }
}
