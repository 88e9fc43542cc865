package dev.millrace.internal.runtime;

import dev.millrace.internal.commit.CommitPace;
import dev.millrace.internal.kafka.AuxiliaryCalls;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.stage.StageShare;
import dev.millrace.internal.stage.WorkerSetup;
import dev.millrace.internal.task.Task;
import dev.millrace.internal.time.ChannelStatus;
import dev.millrace.internal.time.SourceAlignment;
import dev.millrace.internal.util.Clock;
import java.time.Duration;
import org.apache.kafka.clients.consumer.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The look at the clocks that follows the turns of a worker's tasks: which inputs are idle or have
 * ended, how far the time of each task is, and whether any of that is to be committed.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class TaskClocks {

  private final StageSetup setup;
  private final RunningTasks tasks;
  private final Intake intake;
  private final CommitPace pace;
  private final SourceEnds sourceEnds;
  private final ShuffleEnds shuffleEnds;
  private final StandingEnds standingEnds;
  private final @Nullable SourceAlignment alignment;
  private final @Nullable SourceAlignment backlog;
  private final Duration sinkChecks;
  private final Clock clock;
  private long sinksCheckedNanos;

  TaskClocks(
      StageSetup setup,
      WorkerSetup worker,
      StageShare share,
      Consumer<byte[], byte[]> consumer,
      AuxiliaryCalls auxiliary,
      RunningTasks tasks,
      Intake intake,
      CommitPace pace) {
    this.setup = setup;
    this.tasks = tasks;
    this.intake = intake;
    this.pace = pace;
    this.sourceEnds = new SourceEnds(setup, worker, consumer, auxiliary);
    this.shuffleEnds = new ShuffleEnds(worker, auxiliary);
    this.standingEnds = new StandingEnds(worker, consumer, auxiliary);
    this.alignment = share.alignment().orElse(null);
    this.backlog = share.backlog().orElse(null);
    this.sinkChecks = worker.rhythm().sinkChecks();
    this.clock = worker.clock();
  }

  /** Looks at all of them. */
  void look() {
    long now = clock.nanos();
    long wallMs = clock.wallMs();
    sourceEnds.refresh(tasks.all(), now);
    shuffleEnds.refresh(tasks.all(), now);
    standingEnds.check(tasks.all(), now);
    boolean askSinks = now - sinksCheckedNanos >= sinkChecks.toNanos();
    if (askSinks) {
      sinksCheckedNanos = now;
    }
    align();
    stayTogether();
    for (Task task : tasks.all()) {
      if (task.isQueueEmpty() && task.movePastGaps()) {
        // Uncommitted, the position would count as lag for as long as nothing else is written, and
        // once the gap is deleted from the log, as lost input.
        pace.workDone(now);
      }
      boolean news =
          setup.stage().isSource()
              ? task.check(sourceEnds.progress(task, intake.isHeld()), wallMs, now)
              : task.check(shuffleEnds.progress(task), wallMs, shuffleEnds.askedNanos(task, now));
      if (news) {
        pace.workDone(now);
      }
      task.progress().advance(wallMs);
      for (int output = 0; output < setup.outputs().size(); output++) {
        if (task.progress().isDue(output, now)) {
          pace.workDone(now);
        }
      }
      if (task.commits().mayAnnounceFinish() || (askSinks && task.commits().wantsCommit(wallMs))) {
        pace.workDone(now);
      }
    }
  }

  /**
   * Makes tasks far ahead of the slowest in event time wait; all report theirs before any decision.
   */
  private void align() {
    SourceAlignment together = alignment;
    if (together == null) {
      return;
    }
    for (Task task : tasks.all()) {
      together.moved(task.partition(), task.progress().status(), task.progress().eventTime());
    }
    for (Task task : tasks.all()) {
      task.align(together.decide(task.partition(), task.waiting()));
    }
  }

  /** The same for those that have a backlog, which wait for each other for a short time only. */
  private void stayTogether() {
    SourceAlignment behind = backlog;
    if (behind == null) {
      return;
    }
    for (Task task : tasks.all()) {
      behind.moved(
          task.partition(),
          task.isBehind() ? task.progress().status() : ChannelStatus.IDLE,
          task.progress().eventTime());
    }
    for (Task task : tasks.all()) {
      task.backlogWait().look(behind, task.partition(), task.progress().eventTime());
    }
  }
}
