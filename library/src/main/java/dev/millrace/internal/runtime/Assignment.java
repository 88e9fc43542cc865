package dev.millrace.internal.runtime;

import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.stage.StageShare;
import dev.millrace.internal.task.Fate;
import dev.millrace.internal.task.Task;
import dev.millrace.internal.util.Cleanup;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The consequences for the tasks of a worker when partitions are assigned or revoked, and when all
 * tasks have to start afresh.
 *
 * <p>A task runs when the worker has the partitions of all its inputs ({@link OwnedPartitions}) and
 * its state is restored ({@link Openings}); it is among the {@link RunningTasks} until one of its
 * partitions is released.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class Assignment {

  private static final Logger LOGGER = LoggerFactory.getLogger(Assignment.class);

  private final StageSetup setup;
  private final StageShare share;
  private final Consumer<byte[], byte[]> consumer;
  private final OwnedPartitions owned;
  private final RunningTasks tasks;
  private final Pauses pauses;
  private final Openings openings;

  Assignment(
      StageSetup setup,
      StageShare share,
      Consumer<byte[], byte[]> consumer,
      OwnedPartitions owned,
      RunningTasks tasks,
      Pauses pauses,
      Openings openings) {
    this.setup = setup;
    this.share = share;
    this.consumer = consumer;
    this.owned = owned;
    this.tasks = tasks;
    this.pauses = pauses;
    this.openings = openings;
  }

  /** {@return the numbers of the running tasks, and of those that are being opened} */
  Set<Integer> numbers() {
    Set<Integer> numbers = new TreeSet<>(openings.numbers());
    numbers.addAll(tasks.numbers());
    return numbers;
  }

  /** {@return whether tasks are being opened, or are to be} */
  boolean isOpening() {
    return !openings.isIdle() || owned.isTaskAgreed();
  }

  /** {@return whether rows of tasks are being replayed that need not be waited for} */
  boolean isReplaying() {
    return openings.isReplaying();
  }

  /** {@return a copy of the partitions that are assigned} */
  Set<TopicPartition> owned() {
    return new HashSet<>(owned.all());
  }

  /** Hands what was fetched to the tasks. */
  void accept(ConsumerRecords<byte[], byte[]> records) {
    records
        .nextOffsets()
        .forEach(
            (partition, next) -> {
              Task task = tasks.get(partition.partition());
              if (task != null && owned.contains(partition)) {
                task.accept(partition, records.records(partition), next);
              }
            });
  }

  /** Takes over partitions: tasks that now have all their inputs begin to open. */
  void assigned(Collection<TopicPartition> partitions) {
    if (partitions.isEmpty()) {
      return;
    }
    report("Tasks assigned", partitions);
    openings.reportRunning();
    owned.add(partitions);
    pauses.pause(partitions);
    // Positions are found when tasks open. Without one, poll would look for committed offsets
    // itself, and fail for those that have expired although the frame has them.
    partitions.forEach(partition -> consumer.seek(partition, 0));
    for (TopicPartition partition : partitions) {
      int number = partition.partition();
      if (owned.isNew(partition)) {
        owned.awaitTask(partition);
      } else if (owned.containTask(number) && !tasks.contains(number)) {
        openings.begin(number);
      }
    }
  }

  /** Releases partitions, as of the last commit. */
  void dropped(Collection<TopicPartition> partitions) {
    if (partitions.isEmpty()) {
      return;
    }
    report("Tasks released", partitions);
    owned.remove(partitions);
    pauses.forget(partitions);
    for (TopicPartition partition : partitions) {
      int number = partition.partition();
      openings.cancel(number);
      Task task = tasks.remove(number);
      if (task != null) {
        task.abandon(Fate.ABORTED);
      }
      share.alignment().ifPresent(alignment -> alignment.left(number));
      share.backlog().ifPresent(backlog -> backlog.left(number));
      owned.awaitTaskNoMore(partition);
      openings.releaseStore(number);
    }
  }

  private void report(String event, Collection<TopicPartition> partitions) {
    LOGGER
        .atInfo()
        .addKeyValue("job", setup.plan().job())
        .addKeyValue("stage", setup.stage().name())
        .addKeyValue(
            "tasks",
            () -> partitions.stream().map(TopicPartition::partition).distinct().sorted().toList())
        .log(event);
  }

  /** Notes at once that other workers own all partitions. */
  void lost() {
    owned.clear();
  }

  /** Continues the opening of tasks, also on new partitions that the job has agreed on since. */
  void openTasks() {
    for (TopicPartition partition : owned.takeAgreed()) {
      openings.reportRunning();
      openings.begin(partition.partition());
    }
    openings.step();
  }

  /** Releases all tasks and reopens them from what is committed. */
  void reopen(Fate fate) {
    Set<Integer> numbers = new TreeSet<>(tasks.numbers());
    tasks.all().forEach(task -> task.abandon(fate));
    tasks.all().forEach(openings::keepProgress);
    tasks.clear();
    for (TopicPartition partition : owned.all()) {
      if (!owned.awaitsTask(partition)) {
        numbers.add(partition.partition());
      }
    }
    for (int number : numbers) {
      if (owned.containTask(number)) {
        openings.begin(number);
      } else {
        openings.releaseStore(number);
      }
    }
    pauses.pauseAll();
    // Positions are found anew when tasks open. Until then the consumer must not report the old
    // ones again, which may no longer exist in the log.
    consumer.assignment().forEach(partition -> consumer.seek(partition, 0));
  }

  /**
   * Makes a running task continue at another position of an input, which its next commit includes.
   */
  void jumpTo(TopicPartition from, OffsetAndMetadata position) {
    Task task = tasks.get(from.partition());
    if (task != null && owned.contains(from)) {
      task.jumpTo(from, position);
      consumer.seek(from, position);
    }
  }

  /** Releases all tasks, also if some fail as they are released; their stores stay open. */
  void abandonAll(Fate fate) {
    Cleanup cleanup = new Cleanup();
    tasks.all().forEach(task -> cleanup.step(() -> task.abandon(fate)));
    tasks.clear();
    cleanup.step(openings::close);
    owned.hideTasks();
    cleanup.throwIfFailed();
  }
}
