package dev.millrace.internal.runtime;

import dev.millrace.internal.commit.Sender;
import dev.millrace.internal.stage.Measure;
import dev.millrace.internal.stage.StageMetrics;
import dev.millrace.internal.stage.WorkerSetup;
import dev.millrace.internal.task.FiringRoom;
import dev.millrace.internal.task.FiringTime;
import dev.millrace.internal.task.Task;
import dev.millrace.internal.task.TransactionSize;
import dev.millrace.internal.util.Clock;

/**
 * The room that a worker's open transaction has left: by its pieces, by the bytes that were sent,
 * and by the memory that rows of the tasks take; and the time that a turn has left to fire.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class WorkerRoom {

  /** How often the usual room a transaction has that takes up the rest of a sender's. */
  private static final int ROOM_FOR_REST = 2;

  private final WorkerSetup.Limits limits;
  private final Sender sender;
  private final RunningTasks tasks;
  private final TransactionSize size;
  private final FiringTime firingTime;
  private final FiringRoom firingRoom;

  WorkerRoom(
      WorkerSetup.Limits limits,
      Sender sender,
      RunningTasks tasks,
      TransactionSize size,
      StageMetrics metrics,
      Clock clock) {
    this.limits = limits;
    this.sender = sender;
    this.tasks = tasks;
    this.size = size;
    this.firingTime = new FiringTime(size, metrics.counter(Measure.RETRIES), clock);
    this.firingRoom = new FiringRoom(size, this::isLeft, firingTime);
  }

  /** {@return the room for rows that fire} */
  FiringRoom firing() {
    return firingRoom;
  }

  /** Gives tasks time to fire. */
  void beginFiring() {
    firingTime.begin();
  }

  /** {@return whether the time is over that tasks have to fire} */
  boolean isFiringOver() {
    return firingTime.isOverAfter(FiringRoom.ROWS_BETWEEN_GLANCES);
  }

  /** {@return whether the open transaction can take more} */
  boolean isLeft() {
    return isLeft(1);
  }

  /** {@return whether the open transaction can take more of what is to be taken up as a whole} */
  boolean isLeftForRest() {
    return isLeft(ROOM_FOR_REST);
  }

  private boolean isLeft(int times) {
    if (size.isReached()) {
      return false;
    }
    if (sender.pendingBytes() >= limits.transactionBytes() * times) {
      return false;
    }
    for (Task task : tasks.all()) {
      if (task.figures().transactionBytes() >= limits.dirtyBytes() * times) {
        return false;
      }
    }
    return true;
  }
}
