package dev.millrace.internal.kafka;

import java.util.Set;

/**
 * The transactional ids of a job.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param workers what those of its workers begin with
 * @param others those of processes that deploy the job or replay its dead letters, which nobody but
 *     they themselves may fence: they are in no group that shows whether they live
 */
public record JobIds(String workers, Set<String> others) {

  /** Copies the set. */
  public JobIds {
    others = Set.copyOf(others);
  }

  /** {@return whether an id is a worker's} */
  public boolean isWorker(String id) {
    return id.startsWith(workers);
  }

  /** {@return whether an id is the job's} */
  boolean has(String id) {
    return isWorker(id) || others.contains(id);
  }
}
