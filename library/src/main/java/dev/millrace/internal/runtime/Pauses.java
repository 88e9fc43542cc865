package dev.millrace.internal.runtime;

import dev.millrace.internal.task.Task;
import java.util.Collection;
import java.util.HashSet;
import java.util.OptionalLong;
import java.util.Set;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.TopicPartition;

/**
 * The partitions of a worker that its consumer does not fetch at present, and how much there is to
 * fetch of the others. Partitions without a running task, and those whose task has enough to do,
 * are paused, never left unassigned.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class Pauses {

  private final Consumer<byte[], byte[]> consumer;
  private final OwnedPartitions owned;
  private final RunningTasks tasks;
  private final Set<TopicPartition> paused = new HashSet<>();

  /** Whether all tasks are held back from reading on. */
  private boolean allHeld;

  Pauses(Consumer<byte[], byte[]> consumer, OwnedPartitions owned, RunningTasks tasks) {
    this.consumer = consumer;
    this.owned = owned;
    this.tasks = tasks;
  }

  /** Pauses partitions that have just been assigned. */
  void pause(Collection<TopicPartition> partitions) {
    consumer.pause(partitions);
    paused.addAll(partitions);
  }

  /** Pauses everything. */
  void pauseAll() {
    pause(consumer.assignment());
  }

  /** Forgets partitions that are released. */
  void forget(Collection<TopicPartition> partitions) {
    paused.removeAll(partitions);
  }

  /** Makes the consumer fetch for those tasks that want more, unless all of them are held. */
  void update(boolean held) {
    allHeld = held;
    Set<TopicPartition> unwanted = new HashSet<>();
    for (TopicPartition partition : owned.all()) {
      Task task = tasks.get(partition.partition());
      if (task == null || task.wantsPause(partition) || held) {
        unwanted.add(partition);
      }
    }
    if (unwanted.equals(paused)) {
      return;
    }
    Set<TopicPartition> resume = new HashSet<>(paused);
    resume.removeAll(unwanted);
    resume.retainAll(owned.all());
    consumer.resume(resume);
    consumer.pause(unwanted);
    paused.clear();
    paused.addAll(unwanted);
  }

  /** {@return whether there is anything that the consumer does not fetch at present} */
  boolean areThere() {
    return !paused.isEmpty();
  }

  /** {@return whether there is more to fetch of a partition; so it is until the first fetch} */
  boolean hasBacklog(TopicPartition partition) {
    return owned.contains(partition) && consumer.currentLag(partition).orElse(1) > 0;
  }

  /**
   * {@return how many records there are to fetch for tasks that take them now, or when their calls
   * have ended, as of the last fetches; {@link Long#MAX_VALUE} if there was none yet}
   *
   * <p>A partition may be paused still whose queue this turn has emptied.
   */
  long unfetched() {
    long all = 0;
    for (TopicPartition partition : owned.all()) {
      Task task = tasks.get(partition.partition());
      if (task != null && !allHeld && task.readsOn(partition)) {
        OptionalLong there = consumer.currentLag(partition);
        if (there.isEmpty()) {
          return Long.MAX_VALUE;
        }
        all += there.getAsLong();
      }
    }
    return all;
  }
}
