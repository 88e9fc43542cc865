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
 */
public record WorkerView(
    List<TaskView> tasks, Set<Integer> opening, long restoreRemaining, CommitPace.Reading pace) {

  static final WorkerView EMPTY = new WorkerView(List.of(), Set.of(), 0, CommitPace.Reading.NONE);
}
