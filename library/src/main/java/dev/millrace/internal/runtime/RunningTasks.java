package dev.millrace.internal.runtime;

import dev.millrace.internal.task.Task;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The tasks that a worker runs, by number.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class RunningTasks {

  private final Map<Integer, Task> tasks = new TreeMap<>();

  /** {@return all of them, as they are at any time} */
  Collection<Task> all() {
    return tasks.values();
  }

  /** {@return a task; null if it does not run here} */
  @Nullable Task get(int number) {
    return tasks.get(number);
  }

  /** {@return whether a task runs here} */
  boolean contains(int number) {
    return tasks.containsKey(number);
  }

  /** {@return the numbers of the tasks, as they are at any time} */
  Set<Integer> numbers() {
    return tasks.keySet();
  }

  /** {@return whether there is none} */
  boolean isEmpty() {
    return tasks.isEmpty();
  }

  /** Adds a task. */
  void add(Task task) {
    tasks.put(task.partition(), task);
  }

  /** Takes a task out, and returns it; null if there was none. */
  @Nullable Task remove(int number) {
    return tasks.remove(number);
  }

  /** Takes all tasks out. */
  void clear() {
    tasks.clear();
  }

  /** {@return whether a task has something to do at present} */
  boolean haveWork() {
    for (Task task : tasks.values()) {
      if (task.hasWork()) {
        return true;
      }
    }
    return false;
  }

  /** {@return whether a task has something to do when its calls have ended} */
  boolean haveQueued() {
    for (Task task : tasks.values()) {
      if (!task.isQueueEmpty()) {
        return true;
      }
    }
    return false;
  }

  /** {@return whether a task has taken up a part of what a sender's transaction emitted} */
  boolean areAmidTransaction() {
    for (Task task : tasks.values()) {
      if (task.isAmidTransaction()) {
        return true;
      }
    }
    return false;
  }

  /** {@return whether more of such a transaction can be read, as far as is known} */
  boolean isRestThere() {
    for (Task task : tasks.values()) {
      if (task.isRestThere()) {
        return true;
      }
    }
    return false;
  }
}
