package dev.millrace.internal.kafka;

import dev.millrace.error.MissingRightException;
import dev.millrace.error.RecordException;
import dev.millrace.error.SinkUnavailableException;
import dev.millrace.error.StateStoreException;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.TransactionalIdAuthorizationException;

/**
 * The explanation of Kafka's refusals: which right is missing, on what, and the command that grants
 * it.
 *
 * <p><b>Threads.</b> Stateless.
 */
public final class MissingRights {

  private MissingRights() {}

  /**
   * {@return the error to be thrown in place of another: one that names the missing right, if that
   * is the cause, otherwise the error itself}
   *
   * <p>User code may have clients of its own, which are refused something too; its failures stay
   * what they are.
   *
   * @param action what cannot be done because of it, to follow "Cannot "
   * @param topicOperation what is done to topics, {@code READ} or {@code WRITE}
   * @param transactionalId the identity of the producer, since Kafka's exception does not name it
   */
  public static RuntimeException explained(
      RuntimeException error, String action, String topicOperation, String transactionalId) {
    if (error instanceof MissingRightException || isOfUserCode(error)) {
      return error;
    }
    return KafkaErrors.missingRight(error)
        .<RuntimeException>map(
            missing -> explained(error, missing, action, topicOperation, transactionalId))
        .orElse(error);
  }

  private static boolean isOfUserCode(RuntimeException error) {
    return error instanceof RecordException
        || error instanceof SinkUnavailableException
        || error instanceof StateStoreException;
  }

  private static MissingRightException explained(
      RuntimeException error,
      AuthorizationException missing,
      String action,
      String topicOperation,
      String transactionalId) {
    if (missing instanceof TopicAuthorizationException topics) {
      return exception(
          error,
          action,
          Right.onTopics(AclOperation.fromString(topicOperation), topics.unauthorizedTopics()));
    }
    if (missing instanceof GroupAuthorizationException group) {
      return exception(
          error, action, Right.onGroup(AclOperation.READ, String.valueOf(group.groupId())));
    }
    if (missing instanceof TransactionalIdAuthorizationException) {
      return exception(error, action, Right.onTransactionalId(AclOperation.WRITE, transactionalId));
    }
    // Of a worker's requests, only a producer's first can need a right on the cluster.
    return exception(error, action, Right.onCluster(AclOperation.IDEMPOTENT_WRITE));
  }

  /**
   * {@return the error that names a missing right}
   *
   * @param action what cannot be done because of it, to follow "Cannot "
   */
  static MissingRightException exception(RuntimeException error, String action, Right missing) {
    return new MissingRightException(
        "Cannot "
            + action
            + ": the principal of the job has no right to "
            + missing.operation()
            + " on "
            + missing.resource()
            + ". Nothing is lost. Grant it (kafka-acls.sh --add --allow-principal User:NAME "
            + missing.options()
            + "), and start again",
        missing.operation().name(),
        missing.resource(),
        missing.place(),
        error);
  }
}
