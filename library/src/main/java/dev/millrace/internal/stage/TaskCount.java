package dev.millrace.internal.stage;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The number of tasks of a stage, which grows with the topic of a source.
 *
 * <p>A worker may be assigned partitions that the job has no tasks for yet. From then on, until the
 * job has agreed on tasks for all of them, the stage's other tasks on this instance let event time
 * stand still: what waits in a new partition must not be late when it is read.
 *
 * <p><b>Threads.</b> Safe for any thread. Who reads that nothing is awaited any more, and the
 * number after that, reads the number that ended the wait or a larger one.
 */
public final class TaskCount {

  /**
   * How many workers here have been assigned a partition: two, if one has yet to notice its loss.
   */
  private final Map<Integer, Integer> here = new ConcurrentHashMap<>();

  private volatile int agreed;
  private volatile int awaited;

  /** Creates the count of a stage that has as many tasks now. */
  public TaskCount(int agreed) {
    this.agreed = agreed;
    this.awaited = agreed;
  }

  /** {@return how many tasks the job has agreed on} */
  public int agreed() {
    return agreed;
  }

  /**
   * Notes how many tasks the job has agreed on; returns whether they are more than before. A stage
   * never loses tasks.
   */
  public synchronized boolean agreeOn(int tasks) {
    if (tasks <= agreed) {
      return false;
    }
    agreed = tasks;
    return true;
  }

  /** Notes that a worker has been assigned a partition that may have no task yet. */
  public synchronized void await(int partition) {
    here.merge(partition, 1, Integer::sum);
    awaited = Math.max(awaited, partition + 1);
  }

  /** Notes that a worker does not have a partition any more for which it has waited. */
  public void left(int partition) {
    here.computeIfPresent(partition, (same, workers) -> workers == 1 ? null : workers - 1);
  }

  /** {@return whether the job has yet to agree on tasks for partitions that were assigned here} */
  public boolean isAwaiting() {
    return awaited > agreed;
  }

  /**
   * {@return whether the first partition without a task is assigned here, so that it is for this
   * instance to make the job agree}
   */
  public boolean awaitsFirst() {
    return isAwaiting() && here.containsKey(agreed);
  }
}
