package dev.millrace.internal.runtime;

import dev.millrace.internal.commit.CommitPace;
import java.util.List;
import java.util.Set;

/**
 * A worker as other threads see it.
 *
 * @param tasks its tasks
 * @param opening tasks that are being opened
 * @param restoreRemaining changelog records still to be replayed
 * @param pace how often it commits
 * @param phase what it does
 * @param sinceMs since when, milliseconds since the epoch
 */
public record WorkerView(
    List<TaskView> tasks,
    Set<Integer> opening,
    long restoreRemaining,
    CommitPace.Reading pace,
    WorkerPhase phase,
    long sinceMs) {

  /** {@return a worker that has no task} */
  static WorkerView without(WorkerPhases phases) {
    return new WorkerView(
        List.of(), Set.of(), 0, CommitPace.Reading.NONE, phases.phase(), phases.sinceMs());
  }
}
