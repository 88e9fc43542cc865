package dev.millrace.internal.runtime;

import dev.millrace.internal.operator.async.Wakeup;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.task.Task;
import dev.millrace.internal.util.Clock;
import java.time.Duration;
import java.util.Comparator;
import java.util.Optional;

/**
 * The calls to other systems that a worker's tasks have under way.
 *
 * <p>They belong to the open transaction: it is committed when all of them have ended. Until then
 * the worker goes on polling, a little every time, so that its group knows that it is alive.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class OpenCalls {

  /** {@code wakeup()} may abort a commit in progress, so the worker polls this often instead. */
  private static final long LONGEST_WAIT_NANOS = 5_000_000;

  private final RunningTasks tasks;
  private final Wakeup wakeup;
  private final Clock clock;
  private final boolean possible;

  OpenCalls(StageSetup setup, RunningTasks tasks, Wakeup wakeup, Clock clock) {
    this.tasks = tasks;
    this.wakeup = wakeup;
    this.clock = clock;
    this.possible = longest(setup.stage()).isPresent();
  }

  /** {@return how long a call of the stage may take; empty if there are none} */
  static Optional<Duration> longest(StagePlan stage) {
    return stage.steps().stream()
        .flatMap(step -> step.operator().longestCall().stream())
        .max(Comparator.naturalOrder());
  }

  /** {@return whether a task waits for an answer} */
  boolean areUnderWay() {
    if (possible) {
      for (Task task : tasks.all()) {
        if (task.hasOpenCalls()) {
          return true;
        }
      }
    }
    return false;
  }

  /** Makes tasks process the answers that have arrived. */
  void pump() {
    if (possible) {
      tasks.all().forEach(Task::pump);
    }
  }

  /**
   * Waits for an answer, or until a call times out or is to be repeated; never longer than 5 ms.
   */
  void await(Duration atMost) {
    long now = clock.nanos();
    long nanos = Math.min(atMost.toNanos(), LONGEST_WAIT_NANOS);
    for (Task task : tasks.all()) {
      nanos = Math.min(nanos, task.nanosUntilCallDue(now));
    }
    wakeup.await(nanos);
  }
}
