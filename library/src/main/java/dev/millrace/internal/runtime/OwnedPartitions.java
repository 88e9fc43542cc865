package dev.millrace.internal.runtime;

import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.stage.TaskCount;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * The partitions that a worker's group has assigned to it, and which tasks are here by that: those
 * of which the worker has the partitions of all inputs.
 *
 * <p>A source topic may have grown. Its <i>new</i> partitions are assigned although the job has no
 * task for them yet, and they are not read until it has agreed on one.
 *
 * <p><b>Threads.</b> {@link #tasks} is safe for any thread; all else is confined to the worker.
 */
final class OwnedPartitions {

  private static final Logger LOGGER = LoggerFactory.getLogger(OwnedPartitions.class);

  private final StageSetup setup;
  private final TaskCount count;
  private final Set<TopicPartition> owned = new HashSet<>();
  private final Set<TopicPartition> all = Collections.unmodifiableSet(owned);

  /** Those that are assigned although the job has no task for them (yet). */
  private final Set<TopicPartition> unread = new HashSet<>();

  /** Never changed, but replaced: other threads look for the worker of a task by it. */
  private volatile Set<Integer> tasks = Set.of();

  OwnedPartitions(StageSetup setup, TaskCount count) {
    this.setup = setup;
    this.count = count;
  }

  /** {@return the numbers of the tasks that are here, whatever they are at; for any thread} */
  Set<Integer> tasks() {
    return tasks;
  }

  /** {@return all of them, as they are at any time} */
  Set<TopicPartition> all() {
    return all;
  }

  boolean contains(TopicPartition partition) {
    return owned.contains(partition);
  }

  /** {@return whether the partitions of all inputs of a task are here} */
  boolean containTask(int number) {
    for (StageSetup.Input input : setup.inputs()) {
      if (!owned.contains(new TopicPartition(input.topic(), number))) {
        return false;
      }
    }
    return true;
  }

  void add(Collection<TopicPartition> partitions) {
    owned.addAll(partitions);
    noteTasks();
  }

  void remove(Collection<TopicPartition> partitions) {
    owned.removeAll(partitions);
    noteTasks();
  }

  void clear() {
    owned.clear();
    noteTasks();
  }

  /** Makes other threads look for all tasks elsewhere. */
  void hideTasks() {
    tasks = Set.of();
  }

  private void noteTasks() {
    Set<Integer> numbers = new TreeSet<>();
    for (TopicPartition partition : owned) {
      if (containTask(partition.partition())) {
        numbers.add(partition.partition());
      }
    }
    tasks = numbers;
  }

  // ------------------------------------------------------------------ new ones

  /** {@return whether the job has not agreed on a task for a partition yet} */
  boolean isNew(TopicPartition partition) {
    return setup.inputs().get(0).input() instanceof StageInput.Kafka
        && partition.partition() >= count.agreed();
  }

  /** Notes that a new partition was assigned, which is to wait for its task. */
  void awaitTask(TopicPartition partition) {
    unread.add(partition);
    // A stage with rows by key cannot grow: its keys would move to other partitions, away from
    // their rows.
    boolean isReadLater = !setup.untilEnd() && !setup.stage().isKeyed();
    if (isReadLater) {
      count.await(partition.partition());
    }
    LOGGER
        .atLevel(isReadLater ? Level.INFO : Level.WARN)
        .addKeyValue("stage", setup.stage().name())
        .addKeyValue("partition", partition)
        .log(
            isReadLater
                ? "A source topic has grown; its new partition is read when the job has agreed on"
                    + " it, and event time waits for that"
                : "A source topic has grown; its new partition is not read by this run of the job");
  }

  /** {@return whether a partition waits for its task} */
  boolean awaitsTask(TopicPartition partition) {
    return unread.contains(partition);
  }

  /** Notes that a partition was released, if it waited for its task. */
  void awaitTaskNoMore(TopicPartition partition) {
    if (unread.remove(partition)) {
      count.left(partition.partition());
    }
  }

  /** {@return whether the job has agreed on the task of a partition that has waited for it} */
  boolean isTaskAgreed() {
    return unread.stream().anyMatch(partition -> !isNew(partition));
  }

  /** {@return the partitions whose tasks the job has agreed on; they do not wait any more} */
  List<TopicPartition> takeAgreed() {
    if (unread.isEmpty()) {
      return List.of();
    }
    List<TopicPartition> agreed = new ArrayList<>();
    for (TopicPartition partition : unread) {
      if (!isNew(partition)) {
        agreed.add(partition);
      }
    }
    agreed.forEach(unread::remove);
    return agreed;
  }
}
