package dev.millrace.internal.runtime;

import dev.millrace.internal.commit.CommitPace;
import dev.millrace.internal.progress.TaskProgress;
import dev.millrace.internal.stage.Rhythm;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.task.Task;
import dev.millrace.internal.time.SourceAlignment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.TopicPartition;

/**
 * The views of a worker's tasks for other threads.
 *
 * <p><b>Threads.</b> Confined to the worker; the views are for any thread.
 */
final class TaskViews {

  /** A consumer may have to ask another thread of its own for the lag of each partition. */
  private static final long VIEWS_PER_LOOK_AT_SHUFFLES = 10;

  private final StageSetup setup;
  private final Consumer<byte[], byte[]> consumer;
  private final RunningTasks tasks;
  private final Openings openings;
  private final Intake intake;
  private final CommitPace pace;
  private final long intervalNanos;
  private final Map<Integer, List<OptionalLong>> shuffleLags = new HashMap<>();
  private boolean looked;
  private long lookedNanos;

  TaskViews(
      StageSetup setup,
      Rhythm rhythm,
      Consumer<byte[], byte[]> consumer,
      RunningTasks tasks,
      Openings openings,
      Intake intake,
      CommitPace pace) {
    this.setup = setup;
    this.consumer = consumer;
    this.tasks = tasks;
    this.openings = openings;
    this.intake = intake;
    this.pace = pace;
    this.intervalNanos = rhythm.views().toNanos() * VIEWS_PER_LOOK_AT_SHUFFLES;
  }

  /** {@return a view of the present, in which the worker is in the phase as of its last look} */
  WorkerView view(long nowNanos, WorkerPhases phases) {
    if (!setup.stage().isSource() && (!looked || nowNanos - lookedNanos >= intervalNanos)) {
      looked = true;
      lookedNanos = nowNanos;
      shuffleLags.clear();
      tasks.all().forEach(task -> shuffleLags.put(task.partition(), lags(task)));
    }
    List<TaskView> views = new ArrayList<>(tasks.all().size());
    for (Task task : tasks.all()) {
      views.add(view(task, nowNanos));
    }
    return new WorkerView(
        views,
        openings.numbers(),
        openings.restoreRemaining(),
        pace.reading(),
        phases.phase(),
        phases.sinceMs());
  }

  private TaskView view(Task task, long nowNanos) {
    List<Long> positions = new ArrayList<>();
    for (long position : task.positions()) {
      positions.add(position);
    }
    boolean isSource = setup.stage().isSource();
    List<OptionalLong> lags =
        isSource ? lags(task) : shuffleLags.getOrDefault(task.partition(), List.of());
    return new TaskView(
        task.partition(),
        positions,
        task.progress().outputEventTime(),
        task.progress().status(),
        task.progress().awaitsTables(),
        task.commits().txnSeq(),
        lags,
        isSource ? Optional.of(sourceView(task, lags.get(0), nowNanos)) : Optional.empty());
  }

  private List<OptionalLong> lags(Task task) {
    TopicPartition[] partitions = task.partitions();
    List<OptionalLong> lags = new ArrayList<>(partitions.length);
    for (int i = 0; i < partitions.length; i++) {
      OptionalLong unfetched = consumer.currentLag(partitions[i]);
      lags.add(
          unfetched.isEmpty()
              ? unfetched
              : OptionalLong.of(unfetched.getAsLong() + task.unprocessed(i)));
    }
    return lags;
  }

  private SourceView sourceView(Task task, OptionalLong lag, long nowNanos) {
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
    return new SourceView(state, progress.eventTime(), progress.watermarkAgeNanos(nowNanos), lag);
  }
}
