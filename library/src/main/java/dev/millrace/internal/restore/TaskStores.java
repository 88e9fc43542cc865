package dev.millrace.internal.restore;

import dev.millrace.error.StateStoreException;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.stage.WorkerSetup;
import dev.millrace.internal.state.Checkpoint;
import dev.millrace.internal.state.DamagedStateException;
import dev.millrace.internal.state.StateStore;
import dev.millrace.internal.state.TaskSlot;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The local stores a worker holds open, with the locks on their directories. They outlive tasks: a
 * task that starts afresh after an abort finds its store open.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
public final class TaskStores implements AutoCloseable {

  private static final Logger LOGGER = LoggerFactory.getLogger(TaskStores.class);

  /** How long an owner on this machine may keep a store locked before it is considered hung. */
  private static final long LET_GO_NANOS = Duration.ofSeconds(10).toNanos();

  private record Held(TaskSlot directory, StateStore store) {}

  private final StageSetup setup;
  private final WorkerSetup worker;
  private final Map<Integer, Held> held = new HashMap<>();

  /** Since when tasks of this worker have been found locked. */
  private final Map<Integer, Long> lockedSinceNanos = new HashMap<>();

  /** Creates the stores of a worker, none of which is open. */
  public TaskStores(StageSetup setup, WorkerSetup worker) {
    this.setup = setup;
    this.worker = worker;
  }

  /**
   * {@return the task's store, or null while another instance on this machine still holds it}
   *
   * <p>If that instance keeps the lock for long, it is considered hung: the task gets a new
   * directory, and its state comes from the changelog.
   */
  @Nullable StateStore open(int partition) {
    Held known = held.get(partition);
    if (known != null) {
      return known.store();
    }
    TaskSlot directory = takeDirectory(partition);
    if (directory == null) {
      return null;
    }
    lockedSinceNanos.remove(partition);
    try {
      StateStore store = openOrWipe(directory);
      held.put(partition, new Held(directory, store));
      return store;
    } catch (RuntimeException e) {
      directory.close();
      throw e;
    }
  }

  private @Nullable TaskSlot takeDirectory(int partition) {
    String stage = setup.stage().name();
    TaskSlot free = worker.slot().tryOpenTask(stage, partition);
    if (free != null) {
      return free;
    }
    long now = worker.clock().nanos();
    Long since = lockedSinceNanos.putIfAbsent(partition, now);
    if (since == null || now - since < LET_GO_NANOS) {
      return null;
    }
    TaskSlot beside = worker.slot().tryOpenTaskBeside(stage, partition);
    if (beside != null) {
      LOGGER
          .atWarn()
          .addKeyValue("task", stage + "-" + partition)
          .addKeyValue("directory", beside.path())
          .log(
              "Another process on this machine hangs and keeps its local state locked; restoring"
                  + " beside it");
    }
    return beside;
  }

  private StateStore openOrWipe(TaskSlot directory) {
    try {
      return worker.stores().open(directory.path());
    } catch (DamagedStateException e) {
      LOGGER
          .atWarn()
          .addKeyValue("directory", directory.path())
          .setCause(e)
          .log("Local state is damaged; restoring it from the changelog");
      worker.stores().wipe(directory.path());
      return worker.stores().open(directory.path());
    }
  }

  /** Deletes the task's rows, so that everything comes from the changelog. */
  StateStore wipe(int partition) {
    Held known = held.remove(partition);
    if (known == null) {
      throw new IllegalStateException("Task " + partition + " has no open store");
    }
    known.store().close();
    try {
      worker.stores().wipe(known.directory().path());
      StateStore store = worker.stores().open(known.directory().path());
      held.put(partition, new Held(known.directory(), store));
      return store;
    } catch (RuntimeException e) {
      known.directory().close();
      throw e;
    }
  }

  /** {@return the last transaction in each store held, for the placement of tasks} */
  public Map<Integer, Long> sequences() {
    Map<Integer, Long> sequences = new HashMap<>();
    held.forEach(
        (partition, each) -> {
          var checkpoint = each.store().checkpoint();
          sequences.put(partition, checkpoint == null ? 0 : checkpoint.txnSeq());
        });
    return sequences;
  }

  /** Closes a task's store and releases its lock. */
  public void release(int partition) {
    lockedSinceNanos.remove(partition);
    Held known = held.remove(partition);
    if (known != null) {
      try {
        noteSequence(known);
        known.store().close();
      } finally {
        known.directory().close();
      }
    }
  }

  private static void noteSequence(Held known) {
    try {
      Checkpoint checkpoint = known.store().checkpoint();
      if (checkpoint != null) {
        known.directory().noteSequence(checkpoint.txnSeq());
      }
    } catch (StateStoreException e) {
      LOGGER
          .atWarn()
          .addKeyValue("directory", known.directory().path())
          .setCause(e)
          .log("The age of local state could not be noted; its task may be placed elsewhere");
    }
  }

  /**
   * Releases everything without writing anything, as the operating system does when it kills a
   * process.
   */
  public void drop() {
    held.values()
        .forEach(
            each -> {
              each.store().close();
              each.directory().close();
            });
    held.clear();
  }

  @Override
  public void close() {
    for (Integer partition : held.keySet().toArray(new Integer[0])) {
      release(partition);
    }
  }
}
