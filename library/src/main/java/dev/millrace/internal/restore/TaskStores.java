package dev.millrace.internal.restore;

import dev.millrace.error.StateStoreException;
import dev.millrace.internal.state.disk.InstanceSlot;
import dev.millrace.internal.state.disk.TaskSlot;
import dev.millrace.internal.state.store.Checkpoint;
import dev.millrace.internal.state.store.DamagedStateException;
import dev.millrace.internal.state.store.StateStore;
import dev.millrace.internal.state.store.StateStores;
import dev.millrace.internal.util.Cleanup;
import dev.millrace.internal.util.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The local stores a worker holds open, with the locks on their directories. They outlive tasks: a
 * task that starts afresh after an abort finds its store open.
 *
 * <p>Who may open and close them, and who keeps others from it:
 *
 * <pre>
 * I1  A store is opened under the lock of its task's directory, and closed before that is let go.
 *     The lock is the instance's ({@link InstanceSlot}), so it keeps other workers of this process
 *     out as it does other processes; whoever waits for it tries again and is not called.
 * I2  Only the worker that opened a store reads, writes, wipes and closes it, in its own thread.
 *     What all stores of an instance share, their memory, is in the hands of {@link StateStores}.
 * I3  A worker lets go of a store when it releases the task, and of those that are left when it
 *     has left its group; an abort is no reason to.
 * I4  An owner that hangs is not waited for without end. Its lock cannot be taken from it, so the
 *     task goes on in an empty directory beside it.
 * </pre>
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
public final class TaskStores implements AutoCloseable {

  private static final Logger LOGGER = LoggerFactory.getLogger(TaskStores.class);

  /** How long an owner on this machine may keep a store locked before it is considered hung. */
  private static final long LET_GO_NANOS = Duration.ofSeconds(10).toNanos();

  private record Held(TaskSlot directory, StateStore store) {}

  private final String stage;
  private final InstanceSlot slot;
  private final StateStores stores;
  private final Clock clock;
  private final Map<Integer, Held> held = new HashMap<>();

  /** Since when tasks of this worker have been found locked. */
  private final Map<Integer, Long> lockedSinceNanos = new HashMap<>();

  /**
   * Creates the stores of a worker, none of which is open.
   *
   * @param slot has the directories, and their locks
   * @param stores opens what is in them
   */
  public TaskStores(String stage, InstanceSlot slot, StateStores stores, Clock clock) {
    this.stage = stage;
    this.slot = slot;
    this.stores = stores;
    this.clock = clock;
  }

  /**
   * {@return the task's store, or null while another instance on this machine still holds it}
   *
   * <p>If that instance keeps the lock for long, it is considered hung: the task gets a new
   * directory, and its state comes from the changelog. So does that of a store which has turned out
   * to be damaged while it was in use.
   */
  @Nullable StateStore open(int partition) {
    Held known = held.get(partition);
    if (known != null) {
      if (!known.store().isDamaged()) {
        return known.store();
      }
      LOGGER
          .atWarn()
          .addKeyValue("directory", known.directory().path())
          .log("Local state has turned out to be damaged; restoring it from the changelog");
      return wipe(partition);
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
    TaskSlot free = slot.tryOpenTask(stage, partition);
    if (free != null) {
      return free;
    }
    long now = clock.nanos();
    Long since = lockedSinceNanos.putIfAbsent(partition, now);
    if (since == null || now - since < LET_GO_NANOS) {
      return null;
    }
    TaskSlot beside = slot.tryOpenTaskBeside(stage, partition);
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
      return stores.open(directory.path());
    } catch (DamagedStateException e) {
      LOGGER
          .atWarn()
          .addKeyValue("directory", directory.path())
          .setCause(e)
          .log("Local state is damaged; restoring it from the changelog");
      stores.wipe(directory.path());
      return stores.open(directory.path());
    }
  }

  /** Deletes the task's rows, so that everything comes from the changelog. */
  StateStore wipe(int partition) {
    Held known = held.remove(partition);
    if (known == null) {
      throw new IllegalStateException("Task " + partition + " has no open store");
    }
    try {
      known.store().close();
      stores.wipe(known.directory().path());
      StateStore store = stores.open(known.directory().path());
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
    held.forEach((partition, each) -> sequences.put(partition, sequence(each)));
    return sequences;
  }

  /** {@return the last transaction in a store; 0 in one that is empty, or cannot be read} */
  private static long sequence(Held each) {
    if (each.store().isDamaged()) {
      return 0;
    }
    try {
      Checkpoint checkpoint = each.store().checkpoint();
      return checkpoint == null ? 0 : checkpoint.txnSeq();
    } catch (StateStoreException | DamagedStateException e) {
      return 0; // It is only about where tasks go; what needs the rows will meet the error.
    }
  }

  /** Closes a task's store and releases its lock. */
  public void release(int partition) {
    lockedSinceNanos.remove(partition);
    Held known = held.remove(partition);
    if (known != null) {
      try {
        close(known);
      } finally {
        known.directory().close();
      }
    }
  }

  private void close(Held known) {
    try {
      noteSequence(known);
    } finally {
      known.store().close();
    }
    if (known.store().isDamaged()) {
      wipeIfPossible(known.directory());
    }
  }

  private static void noteSequence(Held known) {
    try {
      known.directory().noteSequence(sequence(known));
    } catch (StateStoreException e) {
      LOGGER
          .atWarn()
          .addKeyValue("directory", known.directory().path())
          .setCause(e)
          .log("The age of local state could not be noted; its task may be placed elsewhere");
    }
  }

  /** Spares the next owner the discovery. */
  private void wipeIfPossible(TaskSlot directory) {
    try {
      stores.wipe(directory.path());
    } catch (StateStoreException e) {
      LOGGER
          .atWarn()
          .addKeyValue("directory", directory.path())
          .setCause(e)
          .log("Local state is damaged and could not be deleted; its next owner tries again");
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

  /** Closes all stores, also if some do not close in good order: the first failure is thrown. */
  @Override
  public void close() {
    Cleanup cleanup = new Cleanup();
    List.copyOf(held.keySet()).forEach(partition -> cleanup.step(() -> release(partition)));
    cleanup.throwIfFailed();
  }
}
