package dev.millrace.internal.query;

import dev.millrace.internal.runtime.Worker;
import java.util.Optional;
import java.util.Set;

/**
 * The workers of this instance, by the tasks that they have.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
public interface Owners {

  /** {@return the worker that has a task, whatever the task is at; empty if none here has it} */
  Optional<Worker> of(String stage, int task);

  /** {@return the tasks of a stage that are here} */
  Set<Integer> tasks(String stage);

  /** {@return whether the instance answers no more} */
  boolean isOver();
}
