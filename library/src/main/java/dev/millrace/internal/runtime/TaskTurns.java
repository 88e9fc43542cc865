package dev.millrace.internal.runtime;

import dev.millrace.internal.commit.CommitPace;
import dev.millrace.internal.stage.Counter;
import dev.millrace.internal.stage.Measure;
import dev.millrace.internal.stage.StageMetrics;
import dev.millrace.internal.stage.StageShare;
import dev.millrace.internal.task.Task;
import dev.millrace.internal.task.TransactionSize;
import dev.millrace.internal.util.Clock;
import java.util.List;

/**
 * The turns that the tasks of a worker take to process what was fetched for them.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class TaskTurns {

  private final RunningTasks tasks;
  private final WorkerRoom room;
  private final CommitPace pace;
  private final CommitPoint point;
  private final WorkerLife life;
  private final TransactionSize size;
  private final Counter retries;
  private final long longestNanos;
  private final Clock clock;
  private int firstTask;

  TaskTurns(
      RunningTasks tasks,
      WorkerRoom room,
      WorkerLife life,
      CommitPace pace,
      CommitPoint point,
      TransactionSize size,
      StageMetrics metrics,
      StageShare share,
      Clock clock) {
    this.tasks = tasks;
    this.room = room;
    this.life = life;
    this.pace = pace;
    this.point = point;
    this.size = size;
    this.retries = metrics.counter(Measure.RETRIES);
    this.longestNanos =
        share.backlog().isPresent() ? TurnSlice.SHORT_NANOS : TurnSlice.LONGEST_NANOS;
    this.clock = clock;
  }

  /**
   * Lets tasks process what they have, until a commit is due; while one that is due waits, only the
   * rest of what it waits for. Returns whether there was anything.
   */
  boolean take() {
    room.beginFiring();
    return life.awaitsRest() ? takeUpRest() : takeUpAll();
  }

  /** Begins where the last slice was cut off, so that no task starves because of another. */
  private boolean takeUpAll() {
    boolean worked = false;
    TurnSlice slice = new TurnSlice(pace, size, retries, room::isLeft, longestNanos, clock);
    long wallMs = clock.wallMs();
    List<Task> all = List.copyOf(tasks.all());
    int begin = all.isEmpty() ? 0 : firstTask % all.size();
    for (int i = 0; i < all.size(); i++) {
      int at = (begin + i) % all.size();
      // One that waits for others has work, which it goes on with as soon as they have come up.
      worked |= all.get(at).backlogWait().isOn();
      if (all.get(at).process(slice, wallMs)) {
        pace.workDone(clock.nanos());
        worked = true;
      }
      if (slice.isOver() || room.isFiringOver()) {
        firstTask = at + 1;
        return worked;
      }
    }
    return worked;
  }

  private boolean takeUpRest() {
    long wallMs = clock.wallMs();
    long before = size.pieces();
    for (Task task : tasks.all()) {
      task.processRest(point, wallMs);
    }
    // What fires is tried again and again, and is no work as long as it has no room.
    return size.pieces() > before;
  }
}
