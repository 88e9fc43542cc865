package dev.millrace.internal.runtime;

import dev.millrace.error.OffsetsDivergedException;
import dev.millrace.error.StateStoreException;
import dev.millrace.internal.commit.Sender;
import dev.millrace.internal.frame.CommitFrame;
import dev.millrace.internal.kafka.AuxiliaryCalls;
import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.progress.TaskProgress;
import dev.millrace.internal.restore.Agreement;
import dev.millrace.internal.restore.Fencer;
import dev.millrace.internal.restore.TaskOpener;
import dev.millrace.internal.restore.TaskRows;
import dev.millrace.internal.restore.TaskStores;
import dev.millrace.internal.stage.Measure;
import dev.millrace.internal.stage.StageMetrics;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.stage.StageShare;
import dev.millrace.internal.stage.WorkerSetup;
import dev.millrace.internal.task.Fate;
import dev.millrace.internal.task.FiringRoom;
import dev.millrace.internal.task.FiringTime;
import dev.millrace.internal.task.Task;
import dev.millrace.internal.task.TaskFactory;
import dev.millrace.internal.task.TransactionSize;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * The partitions that a worker's group has assigned to it, and the tasks on them, from their
 * opening to their release.
 *
 * <p>A task runs when the worker has the partitions of all its inputs and the {@link TaskOpener}
 * has restored its state. Partitions without a running task, and those whose task has enough to do,
 * are paused, never left unassigned.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class Assignment {

  private static final Logger LOGGER = LoggerFactory.getLogger(Assignment.class);

  /** How often the usual room a transaction has that takes up the rest of a sender's. */
  private static final int ROOM_FOR_REST = 2;

  private final StageSetup setup;
  private final WorkerSetup worker;
  private final StageShare share;
  private final Consumer<byte[], byte[]> consumer;
  private final Sender sender;
  private final StageMetrics metrics;
  private final TransactionSize size;
  private final FiringTime firingTime;
  private final FiringRoom firingRoom;
  private final TaskFactory factory;
  private final TaskStores stores;
  private final TaskOpener opener;
  private final Map<Integer, Task> tasks = new TreeMap<>();

  /** Inputs' partitions that are assigned; a task opens when it has those of all its inputs. */
  private final Set<TopicPartition> owned = new HashSet<>();

  private final Set<TopicPartition> paused = new HashSet<>();

  /** Those that are assigned although the job has no task for them (yet). */
  private final Set<TopicPartition> unread = new HashSet<>();

  /**
   * For tasks that are being reopened: their former progress, which knows how long inputs were
   * silent.
   */
  private final Map<Integer, TaskProgress> reopening = new HashMap<>();

  /**
   * Whether tasks were assigned and have not been logged as running yet; reopening after an abort
   * is not logged.
   */
  private boolean reportRunning;

  private long reportedRestored;

  /** Whether all tasks are held back from reading on. */
  private boolean allHeld;

  /** Never changed, but replaced: other threads look for the worker of a task by it. */
  private volatile Set<Integer> here = Set.of();

  /** Creates an empty assignment. */
  Assignment(
      StageSetup setup,
      WorkerSetup worker,
      StageShare share,
      String transactionalId,
      Consumer<byte[], byte[]> consumer,
      Sender sender,
      Fencer fencer,
      AuxiliaryCalls calls,
      StageMetrics metrics,
      TaskFactory factory,
      TransactionSize size) {
    this.setup = setup;
    this.worker = worker;
    this.share = share;
    this.consumer = consumer;
    this.sender = sender;
    this.metrics = metrics;
    this.factory = factory;
    this.size = size;
    this.firingTime = new FiringTime(size, metrics.counter(Measure.RETRIES), worker.clock());
    this.firingRoom = new FiringRoom(size, this::roomIsLeft, firingTime);
    this.stores = new TaskStores(setup, worker);
    this.opener =
        new TaskOpener(
            setup, worker, share.tasks(), transactionalId, stores, metrics, fencer, calls);
  }

  /** {@return the running tasks, by number} */
  Collection<Task> tasks() {
    return tasks.values();
  }

  /** {@return a running task; null if it does not run here} */
  @Nullable Task task(int number) {
    return tasks.get(number);
  }

  /** {@return whether a task that ran here is being opened again after an abort} */
  boolean isReopening(int number) {
    return reopening.containsKey(number);
  }

  /** {@return the numbers of the tasks that are here, whatever they are at; for any thread} */
  Set<Integer> here() {
    return here;
  }

  private void noteHere() {
    Set<Integer> numbers = new TreeSet<>();
    for (TopicPartition partition : owned) {
      if (isOwned(partition.partition())) {
        numbers.add(partition.partition());
      }
    }
    here = numbers;
  }

  /** {@return the numbers of the running tasks, and of those that are being opened} */
  Set<Integer> numbers() {
    Set<Integer> numbers = new TreeSet<>(opener.opening());
    numbers.addAll(tasks.keySet());
    return numbers;
  }

  /** {@return whether tasks are being opened, or are to be} */
  boolean isOpening() {
    return !opener.isIdle() || unread.stream().anyMatch(partition -> !isNew(partition));
  }

  /** {@return the numbers of the tasks that are being opened} */
  Set<Integer> opening() {
    return opener.isIdle() ? Set.of() : opener.opening();
  }

  /** {@return how many changelog records are still to be replayed for them} */
  long restoreRemaining() {
    return opener.isIdle() ? 0 : opener.remaining();
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
    reportRunning = true;
    owned.addAll(partitions);
    noteHere();
    consumer.pause(partitions);
    paused.addAll(partitions);
    // Positions are found when tasks open. Without one, poll would look for committed offsets
    // itself, and fail for those that have expired although the frame has them.
    partitions.forEach(partition -> consumer.seek(partition, 0));
    for (TopicPartition partition : partitions) {
      int number = partition.partition();
      if (isNew(partition)) {
        unread.add(partition);
        noteGrowth(partition);
      } else if (isOwned(number) && !tasks.containsKey(number)) {
        opener.begin(number);
      }
    }
  }

  private void noteGrowth(TopicPartition partition) {
    // A stage with rows by key cannot grow: its keys would move to other partitions, away from
    // their rows.
    boolean isReadLater = !setup.untilEnd() && !setup.stage().isKeyed();
    if (isReadLater) {
      share.tasks().await(partition.partition());
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

  /** Opens tasks on those new partitions that the job has agreed on since they were assigned. */
  private void openAgreed() {
    for (TopicPartition partition : List.copyOf(unread)) {
      if (!isNew(partition)) {
        unread.remove(partition);
        reportRunning = true;
        opener.begin(partition.partition());
      }
    }
  }

  /** A partition is new until the job has agreed on a task for it. */
  private boolean isNew(TopicPartition partition) {
    return setup.inputs().get(0).input() instanceof StageInput.Kafka
        && partition.partition() >= share.tasks().agreed();
  }

  /** Releases partitions, as of the last commit. */
  void dropped(Collection<TopicPartition> partitions) {
    if (partitions.isEmpty()) {
      return;
    }
    report("Tasks released", partitions);
    owned.removeAll(partitions);
    noteHere();
    paused.removeAll(partitions);
    for (TopicPartition partition : partitions) {
      opener.cancel(partition.partition());
      reopening.remove(partition.partition());
      Task task = tasks.remove(partition.partition());
      if (task != null) {
        task.abandon(Fate.ABORTED);
      }
      share.alignment().ifPresent(alignment -> alignment.left(partition.partition()));
      share.backlog().ifPresent(backlog -> backlog.left(partition.partition()));
      if (unread.remove(partition)) {
        share.tasks().left(partition.partition());
      }
      stores.release(partition.partition());
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

  /** {@return a copy of the partitions that are assigned} */
  Set<TopicPartition> owned() {
    return new HashSet<>(owned);
  }

  /** Notes at once that other workers own all partitions. */
  void lost() {
    owned.clear();
    noteHere();
  }

  /** Continues the opening of tasks. */
  void openTasks() {
    if (!unread.isEmpty()) {
      openAgreed();
    }
    if (opener.isIdle()) {
      opener.fenceLate();
      return;
    }
    opener.step(consumer).forEach(this::start);
    if (opener.isIdle() && reportRunning) {
      reportRunning = false;
      long restored = metrics.counter(Measure.RESTORED_RECORDS).count();
      LOGGER
          .atInfo()
          .addKeyValue("job", setup.plan().job())
          .addKeyValue("stage", setup.stage().name())
          .addKeyValue("tasks", tasks.keySet())
          .addKeyValue("restoredRecords", restored - reportedRestored)
          .log("Tasks running");
      reportedRestored = restored;
    }
  }

  /** Releases all tasks and reopens them from what is committed. */
  void reopen(Fate fate) {
    Set<Integer> partitions = new TreeSet<>(tasks.keySet());
    tasks.values().forEach(task -> task.abandon(fate));
    tasks.forEach((number, task) -> reopening.put(number, task.progress()));
    tasks.clear();
    owned.stream()
        .filter(partition -> !unread.contains(partition))
        .forEach(partition -> partitions.add(partition.partition()));
    for (Integer partition : partitions) {
      if (isOwned(partition)) {
        opener.begin(partition);
      } else {
        stores.release(partition);
      }
    }
    pauseAll();
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

  /** Steps A6 and A7: checks the frame, makes the task, and seeks to where it begins. */
  private void start(TaskOpener.Opened opened) {
    int partition = opened.partition();
    if (!isOwned(partition)) {
      stores.release(partition);
      return;
    }
    TaskRows state = factory.state(partition, opened.store());
    CommitFrame frame = state == null ? null : state.lastFrame();
    List<OffsetAndMetadata> positions;
    try {
      positions =
          Agreement.positions(
              setup,
              partition,
              opened.positions(),
              frame,
              worker.exactlyOnce() ? Agreement.Order.TOGETHER : Agreement.Order.FRAME_FIRST);
    } catch (OffsetsDivergedException e) {
      if (!opener.hasMoved(consumer, opened)) {
        throw e;
      }
      // This worker was suspended and lost the task: the new owner committed between the two reads.
      opener.begin(partition);
      return;
    }
    if (factory.isOfLaterRun(frame, positions)) {
      // This copy's run is over, and the copy is about to end: until then nobody has the task.
      LOGGER
          .atInfo()
          .addKeyValue("task", setup.stage().name() + "-" + partition)
          .log("Another run of the job has begun; a task of it is left alone");
      reopening.remove(partition);
      stores.release(partition);
      return;
    }
    Task task;
    try {
      task =
          factory.task(
              partition,
              state,
              frame,
              positions,
              reopening.remove(partition),
              firingRoom,
              this::hasBacklog);
    } catch (StateStoreException e) {
      if (!opener.hasMoved(consumer, opened)) {
        throw e;
      }
      // As above: the new owner has published what a sink had prepared, so it is gone from its
      // place.
      opener.begin(partition);
      return;
    }
    tasks.put(partition, task);
    TopicPartition[] inputs = task.partitions();
    for (int i = 0; i < inputs.length; i++) {
      consumer.seek(inputs[i], positions.get(i));
    }
    LOGGER
        .atDebug()
        .addKeyValue("task", setup.stage().name() + "-" + partition)
        .addKeyValue("positions", positions)
        .log("Task opened");
  }

  /** {@return whether there is more to fetch of a partition; so it is until the first fetch} */
  private boolean hasBacklog(TopicPartition partition) {
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
    for (TopicPartition partition : owned) {
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

  /** Gives tasks time to fire. */
  void beginFiring() {
    firingTime.begin();
  }

  /** {@return whether the time is over that tasks have to fire} */
  boolean isFiringOver() {
    return firingTime.isOverAfter(FiringRoom.ROWS_BETWEEN_GLANCES);
  }

  /** {@return whether the open transaction can take more} */
  boolean roomIsLeft() {
    return roomIsLeft(1);
  }

  /** {@return whether the open transaction can take more of what is to be taken up as a whole} */
  boolean roomIsLeftForRest() {
    return roomIsLeft(ROOM_FOR_REST);
  }

  private boolean roomIsLeft(int times) {
    if (size.isReached()) {
      return false;
    }
    if (sender.pendingBytes() >= worker.limits().transactionBytes() * times) {
      return false;
    }
    for (Task task : tasks.values()) {
      if (task.transactionBytes() >= worker.limits().dirtyBytes() * times) {
        return false;
      }
    }
    return true;
  }

  /** {@return whether a task has something to do at present} */
  boolean hasWork() {
    for (Task task : tasks.values()) {
      if (task.hasWork()) {
        return true;
      }
    }
    return false;
  }

  /** {@return whether a task has something to do when its calls have ended} */
  boolean hasQueued() {
    for (Task task : tasks.values()) {
      if (!task.isQueueEmpty()) {
        return true;
      }
    }
    return false;
  }

  /** {@return whether a task has taken up a part of what a sender's transaction emitted} */
  boolean isAmidTransaction() {
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

  private boolean isOwned(int partition) {
    for (StageSetup.Input input : setup.inputs()) {
      if (!owned.contains(new TopicPartition(input.topic(), partition))) {
        return false;
      }
    }
    return true;
  }

  private void pauseAll() {
    consumer.pause(consumer.assignment());
    paused.addAll(consumer.assignment());
  }

  /** Makes the consumer fetch for those tasks that want more, unless all of them are held. */
  void pauseAndResume(boolean held) {
    allHeld = held;
    Set<TopicPartition> unwanted = new HashSet<>();
    for (TopicPartition partition : owned) {
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
    resume.retainAll(owned);
    consumer.resume(resume);
    consumer.pause(unwanted);
    paused.clear();
    paused.addAll(unwanted);
  }

  /** {@return whether there is anything that the consumer does not fetch at present} */
  boolean isAnyPaused() {
    return !paused.isEmpty();
  }

  /** {@return the state held here, for the placement of tasks} */
  Map<Integer, Long> heldTasks() {
    return stores.sequences();
  }

  /** Releases all tasks. */
  void abandonAll(Fate fate) {
    tasks.values().forEach(task -> task.abandon(fate));
    tasks.clear();
    opener.close();
    here = Set.of();
  }

  /** Drops the local stores as a killed process would. */
  void dropStores() {
    stores.drop();
  }

  /** Closes the local stores, after the worker has left the group. */
  void closeStores() {
    stores.close();
  }
}
