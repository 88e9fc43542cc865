package dev.millrace.internal.state.disk;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The place that an instance has taken on its machine: an identity that survives the process, and
 * the tasks' state beside it.
 *
 * <p><b>Threads.</b> Safe for any thread.
 *
 * <p><b>Errors.</b> As in {@link InstanceDirectory}.
 */
public interface InstanceSlot extends AutoCloseable {

  /**
   * A task whose state is on this machine, held or not.
   *
   * @param stage the stage's name
   * @param partition the task's partition
   */
  record StoredTask(String stage, int partition) {}

  /** {@return 8 hexadecimal digits that this slot keeps for ever and no other has} */
  String instance8();

  /** {@return the place of a task's state, or null if another owner on this machine has it} */
  @Nullable TaskSlot tryOpenTask(String stage, int partition);

  /**
   * {@return as {@link #tryOpenTask}, or if an owner that hangs does not release it, an empty place
   * beside it; null if that is not available now}
   */
  @Nullable TaskSlot tryOpenTaskBeside(String stage, int partition);

  /** {@return the tasks with state here, in no particular order} */
  List<StoredTask> storedTasks();

  /** {@return the last transaction known to be in a task's store here, 0 if nothing is known} */
  long sequenceOf(StoredTask task);

  /** {@return the space that is left for state; empty if that cannot be known} */
  default Optional<DiskSpace> space() {
    return Optional.empty();
  }

  /** Releases the slot. The places of tasks are to be closed before. */
  @Override
  void close();
}
