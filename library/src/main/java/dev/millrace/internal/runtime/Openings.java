package dev.millrace.internal.runtime;

import dev.millrace.error.OffsetsDivergedException;
import dev.millrace.error.StateStoreException;
import dev.millrace.internal.frame.CommitFrame;
import dev.millrace.internal.kafka.AuxiliaryCalls;
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
import dev.millrace.internal.task.Task;
import dev.millrace.internal.task.TaskFactory;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tasks of a worker that are on their way to run, and the stores of all its tasks. The {@link
 * TaskOpener} restores a task's state; here follow the steps A6 and A7, after which it runs.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class Openings {

  private static final Logger LOGGER = LoggerFactory.getLogger(Openings.class);

  private final StageSetup setup;
  private final Consumer<byte[], byte[]> consumer;
  private final StageMetrics metrics;
  private final TaskFactory factory;
  private final OwnedPartitions owned;
  private final RunningTasks tasks;
  private final WorkerRoom room;
  private final Pauses pauses;
  private final TaskStores stores;
  private final TaskOpener opener;

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

  /** Creates the openings of a worker, of which there are none. */
  Openings(
      StageSetup setup,
      WorkerSetup worker,
      StageShare share,
      String transactionalId,
      Consumer<byte[], byte[]> consumer,
      Fencer fencer,
      AuxiliaryCalls calls,
      StageMetrics metrics,
      TaskFactory factory,
      OwnedPartitions owned,
      RunningTasks tasks,
      WorkerRoom room,
      Pauses pauses) {
    this.setup = setup;
    this.consumer = consumer;
    this.metrics = metrics;
    this.factory = factory;
    this.owned = owned;
    this.tasks = tasks;
    this.room = room;
    this.pauses = pauses;
    this.stores =
        new TaskStores(setup.stage().name(), worker.slot(), worker.stores(), worker.clock());
    this.opener =
        new TaskOpener(
            setup, worker, share.tasks(), transactionalId, stores, metrics, fencer, calls);
  }

  /** {@return whether no task is being opened} */
  boolean isIdle() {
    return opener.isIdle();
  }

  /** {@return whether rows are being replayed for them that need not be waited for} */
  boolean isReplaying() {
    return opener.isReplaying();
  }

  /** {@return the numbers of the tasks that are being opened} */
  Set<Integer> numbers() {
    return opener.isIdle() ? Set.of() : opener.opening();
  }

  /** {@return how many changelog records are still to be replayed for them} */
  long restoreRemaining() {
    return opener.isIdle() ? 0 : opener.remaining();
  }

  /** {@return whether a task that ran here is being opened again after an abort} */
  boolean isReopening(int number) {
    return reopening.containsKey(number);
  }

  /** Begins to open a task. */
  void begin(int number) {
    opener.begin(number);
  }

  /** Keeps the progress of a task that ran here until it has been opened again. */
  void keepProgress(Task task) {
    reopening.put(task.partition(), task.progress());
  }

  /** Stops opening a task. */
  void cancel(int number) {
    opener.cancel(number);
    reopening.remove(number);
  }

  /** Closes the store of a task that is released. */
  void releaseStore(int number) {
    stores.release(number);
  }

  /** Logs when all tasks run, which has changed with an assignment. */
  void reportRunning() {
    reportRunning = true;
  }

  /** Continues to open tasks; those that are ready run. */
  void step() {
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
          .addKeyValue("tasks", tasks.numbers())
          .addKeyValue("restoredRecords", restored - reportedRestored)
          .log("Tasks running");
      reportedRestored = restored;
    }
  }

  /** Steps A6 and A7: checks the frame, makes the task, and seeks to where it begins. */
  private void start(TaskOpener.Opened opened) {
    int partition = opened.partition();
    if (!owned.containTask(partition)) {
      stores.release(partition);
      return;
    }
    TaskRows state = factory.state(partition, opened.store());
    CommitFrame frame = state == null ? null : state.lastFrame();
    List<OffsetAndMetadata> positions;
    try {
      positions = Agreement.positions(setup, partition, opened.positions(), frame);
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
              room.firing(),
              pauses::hasBacklog);
    } catch (StateStoreException e) {
      if (!opener.hasMoved(consumer, opened)) {
        throw e;
      }
      // As above: the new owner has published what a sink had prepared, so it is gone from its
      // place.
      opener.begin(partition);
      return;
    }
    tasks.add(task);
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

  /** {@return the state held here, for the placement of tasks} */
  Map<Integer, Long> heldTasks() {
    return stores.sequences();
  }

  /** Stops opening tasks. */
  void close() {
    opener.close();
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
