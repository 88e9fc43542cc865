package dev.millrace.internal.kafka;

import dev.millrace.config.JobConfig;
import dev.millrace.error.KafkaUnreachableException;
import dev.millrace.error.MillraceException;
import java.util.Optional;
import org.apache.kafka.clients.consumer.InvalidOffsetException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.jspecify.annotations.Nullable;

/**
 * The classification of errors of Kafka's clients, for callers that could call again.
 *
 * <p>Brokers that restart, and leaders and coordinators that move, cause many kinds of errors, some
 * of them general exceptions. So every error may pass, except those that calling again cannot cure:
 * rights, credentials, settings, versions, offsets that are gone, an identity that another process
 * uses, a class that is not there.
 *
 * <p><b>Threads.</b> Stateless.
 */
public final class KafkaErrors {

  private KafkaErrors() {}

  /**
   * {@return whether the call that failed with this error may succeed later, with nothing changed
   * by hand}
   */
  public static boolean mayPass(Throwable error) {
    if (error instanceof AdminCallException || error instanceof KafkaUnreachableException) {
      return true;
    }
    if (error instanceof MillraceException) {
      return false; // Its message names what has to be done.
    }
    for (@Nullable Throwable at = error; at != null; at = at.getCause()) {
      // A client wraps what our own callbacks throw; then the error is not the client's.
      if (isLasting(at) || at instanceof MillraceException && !mayPass(at)) {
        return false;
      }
    }
    return error instanceof KafkaException;
  }

  private static boolean isLasting(Throwable error) {
    return error instanceof AuthorizationException
        || error instanceof AuthenticationException
        || error instanceof UnsupportedVersionException
        || error instanceof ConfigException
        || error instanceof SerializationException
        || error instanceof InvalidOffsetException
        || error instanceof FencedInstanceIdException
        || error instanceof InterruptException
        || error instanceof LinkageError;
  }

  /** {@return whether an error only means that the cluster did not answer, or not yet} */
  public static boolean isOutage(Throwable error) {
    for (@Nullable Throwable at = error; at != null; at = at.getCause()) {
      if (at instanceof RetriableException || at instanceof KafkaUnreachableException) {
        return true;
      }
    }
    return false;
  }

  /**
   * {@return the error to throw in place of one of a client that has read topics: of the kind and
   * with the words that calls of the admin client have for it; any other error itself}
   *
   * @param action what was being done, to follow "Cannot "
   */
  public static RuntimeException explained(
      RuntimeException error, String action, JobConfig config) {
    return error instanceof KafkaException of && !(error instanceof InterruptException)
        ? AdminCalls.to(config).ofReader(action, of)
        : error;
  }

  /** {@return an error in one line: our own messages are sentences, others need their class} */
  public static String text(Throwable error) {
    return error instanceof MillraceException
        ? String.valueOf(error.getMessage())
        : error.toString();
  }

  /** {@return the missing right that is the cause of an error, if one is} */
  public static Optional<AuthorizationException> missingRight(Throwable error) {
    for (@Nullable Throwable at = error; at != null; at = at.getCause()) {
      if (at instanceof AuthorizationException missing) {
        return Optional.of(missing);
      }
    }
    return Optional.empty();
  }
}
