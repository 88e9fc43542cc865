package dev.millrace.internal.runtime;

import dev.millrace.internal.commit.Sender;
import dev.millrace.internal.shuffle.ShuffleWriter;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.stage.StageShare;
import dev.millrace.internal.stage.WorkerSetup;
import dev.millrace.internal.task.Task;
import dev.millrace.internal.util.Clock;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * The answer to whether anybody waits for the open transaction to be committed. If nobody does,
 * only rows and positions have changed: what a successor of this worker would have, or come to
 * again.
 *
 * <p>There is somebody if the transaction has
 *
 * <ul>
 *   <li>output: what was sent (results, dead letters, rows of tables that every instance reads),
 *       entries of shuffles and partial results that are to be sent, results that operators hold
 *       back until the commit, what sinks have written or want to publish;
 *   <li>time: a watermark that is due in later stages, or that operators of the task itself come to
 *       with the commit; the end of a task; the event time of a source that others wait for;
 *   <li>what would be seen twice: calls of other systems, offsets of what was sent before;
 *   <li>a generation of the group that a commit has to prove;
 *   <li>taken up so many frames that their number, which counts as unread until the commit, is a
 *       part of what would hold a source back.
 * </ul>
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class OpenResults implements BooleanSupplier {

  private final boolean isAligned;
  private final long mostFrames;
  private final Sender sender;
  private final RunningTasks tasks;
  private final List<ShuffleWriter> shuffles;
  private final UnprovenGeneration unproven;
  private final Clock clock;

  OpenResults(
      StageSetup setup,
      WorkerSetup worker,
      StageShare share,
      Sender sender,
      RunningTasks tasks,
      List<ShuffleWriter> shuffles,
      UnprovenGeneration unproven) {
    this.isAligned = share.alignment().isPresent();
    this.mostFrames =
        setup.stage().isSource() ? Long.MAX_VALUE : worker.limits().uncommittedFrames();
    this.sender = sender;
    this.tasks = tasks;
    this.shuffles = shuffles;
    this.unproven = unproven;
    this.clock = worker.clock();
  }

  @Override
  public boolean getAsBoolean() {
    return sender.hasOutput() || holdEntries() || isAligned || unproven.isThere() || haveTasks();
  }

  private boolean holdEntries() {
    for (ShuffleWriter shuffle : shuffles) {
      if (shuffle.holdsEntries()) {
        return true;
      }
    }
    return false;
  }

  private boolean haveTasks() {
    long now = clock.nanos();
    for (Task task : tasks.all()) {
      if (task.commits().hasResults(now) || task.uncommitted() > mostFrames) {
        return true;
      }
    }
    return false;
  }
}
