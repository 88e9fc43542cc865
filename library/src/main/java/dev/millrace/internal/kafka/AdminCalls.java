package dev.millrace.internal.kafka;

import dev.millrace.config.ConfigOrigin;
import dev.millrace.config.JobConfig;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.KafkaUnreachableException;
import dev.millrace.error.MillraceException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.jspecify.annotations.Nullable;

/**
 * The waiting for answers of the admin client, whose errors are turned into ours; the original
 * stays the cause.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param address where Kafka should be, for messages
 */
record AdminCalls(String address) {

  // The client has a time limit of its own; this is a safety net in case it does not apply.
  private static final long NET_MS = DefaultKafkaClients.ADMIN_API_TIMEOUT_MS + 1_000L;

  /** {@return the calls to the cluster that the settings name} */
  static AdminCalls to(JobConfig config) {
    boolean byDefault =
        config.describe().stream()
            .filter(entry -> entry.key().equals("bootstrap.servers"))
            .anyMatch(entry -> entry.origin().layer() == ConfigOrigin.Layer.DEFAULT);
    return new AdminCalls(
        config.bootstrapServers() + (byDefault ? ", the default since no address was given," : ""));
  }

  /**
   * {@return the answer}
   *
   * @param action what is being done, to follow "Cannot "
   * @param needed the rights that the call needs, at most one on each kind of resource
   */
  <T> T result(String action, KafkaFuture<T> future, Right... needed) {
    try {
      return future.get(NET_MS, TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      throw translated(action, cause == null ? e : cause, List.of(needed));
    } catch (TimeoutException e) {
      throw unreachable(action, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MillraceException(
          "Cannot " + action + ": the thread was interrupted. Nothing needs to be done.", e);
    }
  }

  /**
   * {@return the answer; empty if it is this error, or if the client gave no future}
   *
   * @param absence the error that means that there is nothing
   * @param needed as for {@link #result}
   */
  <T> Optional<T> unless(
      Class<? extends Throwable> absence,
      String action,
      @Nullable KafkaFuture<T> future,
      Right... needed) {
    if (future == null) {
      return Optional.empty();
    }
    try {
      return Optional.ofNullable(result(action, future, needed));
    } catch (MillraceException e) {
      if (absence.isInstance(e.getCause())) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /**
   * {@return the error in place of one of another client, which has read topics}
   *
   * @param action what was being done, to follow "Cannot "
   */
  MillraceException ofReader(String action, KafkaException error) {
    return translated(action, error, List.of(Right.onTopics(AclOperation.READ, List.of())));
  }

  private MillraceException translated(String action, Throwable cause, List<Right> needed) {
    if (cause instanceof org.apache.kafka.common.errors.TimeoutException
        || cause instanceof DisconnectException) {
      return unreachable(action, cause);
    }
    String sentence = "Cannot " + action + ": " + reason(cause);
    if (cause instanceof AuthenticationException) {
      return RefusedCredentials.exception(sentence, cause);
    }
    if (cause instanceof AuthorizationException missing) {
      return MissingRights.exception(missing, action, Right.missing(missing, needed));
    }
    if (cause instanceof InvalidReplicationFactorException) {
      return new ConfigurationException(
          sentence + ". Set shuffle.replication to at most the number of brokers.", cause);
    }
    if (cause instanceof InvalidTopicException
        || cause instanceof InvalidConfigurationException
        || cause instanceof PolicyViolationException) {
      return new ConfigurationException(
          sentence + ". Check the names of job and topics and the settings topic.*.", cause);
    }
    if (cause instanceof UnsupportedVersionException) {
      return new ConfigurationException(
          sentence + ". Use brokers of a newer version of Kafka.", cause);
    }
    return new AdminCallException(
        sentence
            + " ("
            + cause.getClass().getSimpleName()
            + ", from Kafka at "
            + address
            + "). Try again; if it stays, the cluster refuses this call.",
        cause);
  }

  private KafkaUnreachableException unreachable(String action, Throwable cause) {
    return new KafkaUnreachableException(
        "Cannot "
            + action
            + ": no answer from Kafka at "
            + address
            + " in time ("
            + reason(cause)
            + "). Check the address (-b or bootstrap.servers), that Kafka runs there, and that the"
            + " security settings fit the port.",
        cause);
  }

  /** {@return the error in words, without a full stop at its end} */
  private static String reason(Throwable error) {
    String message = error.getMessage();
    if (message == null || message.isBlank()) {
      String name = error.getClass().getSimpleName();
      return name.replaceAll("([a-z])([A-Z])", "$1 $2").toLowerCase(Locale.ROOT);
    }
    String stripped = message.strip();
    return stripped.endsWith(".") ? stripped.substring(0, stripped.length() - 1) : stripped;
  }
}
