package dev.millrace.internal.runtime;

import dev.millrace.error.MillraceException;
import dev.millrace.error.Place;
import dev.millrace.internal.commit.SharedIdentity;
import dev.millrace.internal.commit.UndeliveredException;
import dev.millrace.internal.kafka.MissingRights;
import dev.millrace.internal.kafka.RefusedCredentials;
import java.util.Collection;
import java.util.List;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.jspecify.annotations.Nullable;

/**
 * The failure that stops a worker, in words for people: whatever it was, the message names the job,
 * stage and tasks it concerns, the cause, and what to do.
 *
 * <p>Kafka's refusals name neither what was being done nor what to do about it; any other error may
 * not even name the job.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param transactionalId the worker's identity as a producer
 */
record WorkerFailure(String job, String stage, String transactionalId) {

  /**
   * {@return the failure with a message for people; the same if it has one}
   *
   * @param tasks the tasks that the worker had
   */
  MillraceException explained(Throwable failure, Collection<Integer> tasks) {
    if (!(failure instanceof MillraceException) && isFenced(failure)) {
      return SharedIdentity.failure(
          transactionalId, "another has its place in the group of stage '" + stage + "'", failure);
    }
    Throwable named =
        failure instanceof RuntimeException error
            ? RefusedCredentials.explained(withMissingRight(error), action())
            : failure;
    MillraceException known =
        named instanceof MillraceException ours ? ours : unexpected(named, tasks);
    return known.within(Place.ofJob(job).withStage(stage));
  }

  /** Any call that has to do with the group may report it, and callbacks' errors are wrapped. */
  private static boolean isFenced(Throwable failure) {
    for (@Nullable Throwable at = failure; at != null; at = at.getCause()) {
      if (at instanceof FencedInstanceIdException) {
        return true;
      }
    }
    return false;
  }

  private RuntimeException withMissingRight(RuntimeException error) {
    boolean writing = error instanceof UndeliveredException;
    return MissingRights.explained(error, action(), writing ? "WRITE" : "READ", transactionalId);
  }

  private MillraceException unexpected(Throwable failure, Collection<Integer> tasks) {
    return new MillraceException(
        "Cannot "
            + action()
            + ": "
            + reason(failure)
            + " ("
            + (tasks.isEmpty() ? "no task was open" : "tasks " + List.copyOf(tasks))
            + "). Nothing that was committed is lost: a start continues from there. "
            + remedy(failure),
        tasks.size() == 1 ? Place.UNKNOWN.withTask(tasks.iterator().next()) : Place.UNKNOWN,
        failure);
  }

  private String action() {
    return "go on with stage '" + stage + "' of job '" + job + "'";
  }

  private static String reason(Throwable failure) {
    String message = failure.getMessage();
    String name = failure.getClass().getSimpleName();
    return message == null || message.isBlank() ? name : name + ", " + stripped(message);
  }

  private static String stripped(String message) {
    String text = message.strip();
    return text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
  }

  private static String remedy(Throwable failure) {
    if (failure instanceof OutOfMemoryError) {
      return "Raise -Xmx, or lower heap.memory and state.memory";
    }
    if (failure instanceof ApiException || failure instanceof KafkaException) {
      return "This is Kafka's answer: mend what it names, and start again";
    }
    return "This should not happen: report it with the stack trace, which -v shows";
  }
}
