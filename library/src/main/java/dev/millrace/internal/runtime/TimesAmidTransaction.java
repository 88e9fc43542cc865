package dev.millrace.internal.runtime;

import dev.millrace.internal.frame.ChannelUpdate;
import dev.millrace.internal.shuffle.ShuffleWriter;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.task.Task;
import dev.millrace.internal.time.ChannelStatus;
import java.util.ArrayList;
import java.util.List;

/**
 * The event time that the tasks of a source reach in the midst of a transaction, for the shuffles
 * that take it along.
 *
 * <p>It is what a commit at that moment would send, as long as nothing would be emitted with the
 * commit. So it is for sources without rows or calls: an operator with rows may hold results back
 * until the commit, and the answer of a call comes when time has long gone on.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class TimesAmidTransaction {

  private final RunningTasks tasks;
  private final List<ShuffleWriter> shuffles;
  private final boolean applies;

  TimesAmidTransaction(StageSetup setup, RunningTasks tasks, List<ShuffleWriter> shuffles) {
    this.tasks = tasks;
    this.shuffles = shuffles;
    this.applies = setup.stage().isSource() && !setup.stage().isKeyed();
  }

  /** Tells the shuffles, between two records, how far the tasks have come. */
  void passOn() {
    if (!applies || shuffles.isEmpty()) {
      return;
    }
    List<ChannelUpdate> updates = new ArrayList<>();
    for (Task task : tasks.all()) {
      if (task.progress().isLoading() || task.hasOpenCalls()) {
        return;
      }
      // What is idle or finished is not waited for, or is until the commit.
      if (task.progress().status() == ChannelStatus.ACTIVE) {
        updates.add(task.progress().update());
      }
    }
    for (ShuffleWriter shuffle : shuffles) {
      shuffle.reached(updates);
    }
  }
}
