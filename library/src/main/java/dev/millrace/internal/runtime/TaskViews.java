package dev.millrace.internal.runtime;

import dev.millrace.internal.commit.CommitPace;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.time.SourceAlignment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.kafka.clients.consumer.Consumer;

/**
 * The views of a worker's tasks for other threads.
 *
 * <p><b>Threads.</b> Confined to the worker; the views are for any thread.
 */
final class TaskViews {

  private final StageSetup setup;
  private final Consumer<byte[], byte[]> consumer;
  private final Assignment assignment;
  private final Intake intake;
  private final CommitPace pace;

  TaskViews(
      StageSetup setup,
      Consumer<byte[], byte[]> consumer,
      Assignment assignment,
      Intake intake,
      CommitPace pace) {
    this.setup = setup;
    this.consumer = consumer;
    this.assignment = assignment;
    this.intake = intake;
    this.pace = pace;
  }

  /** {@return a view of the present} */
  WorkerView view(long nowNanos) {
    List<TaskView> views = new ArrayList<>(assignment.tasks().size());
    for (Task task : assignment.tasks()) {
      views.add(view(task, nowNanos));
    }
    return new WorkerView(
        views, assignment.opening(), assignment.restoreRemaining(), pace.reading());
  }

  private TaskView view(Task task, long nowNanos) {
    List<Long> positions = new ArrayList<>();
    for (long position : task.positions()) {
      positions.add(position);
    }
    return new TaskView(
        task.partition(),
        positions,
        task.progress().outputEventTime(),
        task.progress().status(),
        task.progress().awaitsTables(),
        task.txnSeq(),
        setup.stage().isSource() ? Optional.of(sourceView(task, nowNanos)) : Optional.empty());
  }

  private SourceView sourceView(Task task, long nowNanos) {
    TaskProgress progress = task.progress();
    SourceView.State state =
        switch (progress.status()) {
          case FINISHED -> SourceView.State.FINISHED;
          case IDLE -> SourceView.State.IDLE;
          case ACTIVE, LOADING ->
              intake.isHeld() || task.waiting() == SourceAlignment.Waiting.YES
                  ? SourceView.State.PAUSED
                  : SourceView.State.ACTIVE;
        };
    OptionalLong unfetched = consumer.currentLag(task.partitions()[0]);
    return new SourceView(
        state,
        progress.eventTime(),
        progress.watermarkAgeNanos(nowNanos),
        unfetched.isEmpty()
            ? OptionalLong.empty()
            : OptionalLong.of(unfetched.getAsLong() + task.unprocessed()));
  }
}
