package dev.millrace.internal.query;

import dev.millrace.error.MillraceException;
import dev.millrace.error.Place;
import dev.millrace.error.StateUnavailableException;
import dev.millrace.error.StateUnavailableException.Reason;
import dev.millrace.internal.runtime.Question;
import dev.millrace.internal.runtime.Question.Answer;
import dev.millrace.internal.runtime.Worker;
import dev.millrace.internal.task.CommittedPosition;
import dev.millrace.internal.util.Clock;
import dev.millrace.query.TaskCheckpoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Checkpoints of this instance: all its tasks commit at once, and have their state on disk.
 *
 * <p>Every worker is asked for each of its tasks as if that were a question about the task's state,
 * so that it counts for a checkpoint what counts for an answer: a commit that began after the
 * request, of which brokers have checked that the task is still here.
 *
 * <p><b>Threads.</b> Safe for any thread; the caller's waits.
 */
public final class Checkpoints {

  private static final Duration SOON = Duration.ofMillis(100);

  private final String job;
  private final List<String> stages;
  private final Owners owners;
  private final Clock clock;

  /** A task that was asked. */
  private record Asked(String stage, Question<CommittedPosition> question) {}

  /** Creates the checkpoints of an instance, which may not have workers of all stages. */
  public Checkpoints(String job, List<String> stages, Owners owners, Clock clock) {
    this.job = job;
    this.stages = List.copyOf(stages);
    this.owners = owners;
    this.clock = clock;
  }

  /**
   * {@return what all tasks had committed that are here, but for those that have left meanwhile}
   *
   * @throws StateUnavailableException if one of them is being restored, or not done in time
   */
  public List<TaskCheckpoint> take(Duration atMost) {
    List<Asked> asked = new ArrayList<>();
    try {
      for (String stage : stages) {
        owners.tasks(stage).forEach(task -> ask(stage, task).ifPresent(asked::add));
      }
      if (owners.isOver()) {
        throw refusal(
            "this instance has stopped. Ask the others", Reason.STOPPED, Place.ofJob(job));
      }
      long began = clock.nanos();
      List<TaskCheckpoint> taken = new ArrayList<>();
      for (Asked each : asked) {
        Duration left = atMost.minusNanos(clock.nanos() - began);
        awaited(each, left.isNegative() ? Duration.ZERO : left, atMost).ifPresent(taken::add);
      }
      return taken;
    } finally {
      asked.forEach(each -> each.question().forget());
    }
  }

  private Optional<Asked> ask(String stage, int task) {
    Optional<Worker> worker = owners.of(stage, task);
    Question<CommittedPosition> question = Question.checkpoint(task);
    worker.ifPresent(owner -> owner.ask(question));
    return worker.map(owner -> new Asked(stage, question));
  }

  private Optional<TaskCheckpoint> awaited(Asked asked, Duration left, Duration atMost) {
    int task = asked.question().task();
    @Nullable Answer<CommittedPosition> answer;
    try {
      answer = asked.question().await(left);
    } catch (StateUnavailableException e) {
      if (e.reason() == Reason.ELSEWHERE) {
        return Optional.empty();
      }
      throw e;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MillraceException(
          "Cannot take a checkpoint of job '" + job + "': the thread was interrupted. Try again",
          Place.ofJob(job),
          e);
    }
    if (answer == null) {
      throw refusal(
          "task "
              + task
              + " of stage '"
              + asked.stage()
              + "' has not committed within "
              + atMost
              + ": a function takes long, commits fail, or brokers do not answer. See the job's"
              + " status, and try again",
          Reason.BUSY,
          Place.ofJob(job).withStage(asked.stage()).withTask(task));
    }
    CommittedPosition position = answer.content();
    return Optional.of(
        new TaskCheckpoint(asked.stage(), task, position.transaction(), position.offsets()));
  }

  private StateUnavailableException refusal(String why, Reason reason, Place place) {
    return new StateUnavailableException(
        "Cannot take a checkpoint of job '" + job + "': " + why, reason, place, SOON);
  }
}
