package dev.millrace.internal.runtime;

import dev.millrace.error.MillraceException;
import java.util.Collection;
import java.util.List;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.ApiException;

/**
 * The message of a worker that stops: whatever stopped it, the message names the job, stage and
 * tasks it concerns, the cause, and what to do.
 *
 * <p><b>Threads.</b> Stateless.
 */
final class WorkerFailure {

  private WorkerFailure() {}

  /**
   * {@return the failure with a message for people; the same if it has one}
   *
   * @param tasks the tasks that the worker had
   */
  static Throwable explained(
      String job, String stage, Collection<Integer> tasks, Throwable failure) {
    if (failure instanceof MillraceException) {
      return failure;
    }
    return new MillraceException(
        "Cannot go on with stage '"
            + stage
            + "' of job '"
            + job
            + "': "
            + reason(failure)
            + " ("
            + (tasks.isEmpty() ? "no task was open" : "tasks " + List.copyOf(tasks))
            + "). Nothing that was committed is lost: a start goes on from there. "
            + remedy(failure),
        failure);
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
