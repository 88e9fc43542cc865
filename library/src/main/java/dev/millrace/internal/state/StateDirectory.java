package dev.millrace.internal.state;

import dev.millrace.error.IncompatibleJobException;
import dev.millrace.error.RefusedException;
import dev.millrace.error.StateStoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A job's directory below {@code state.dir}, as one instance of possibly several on this machine
 * sees it.
 *
 * <pre>
 *   &lt;state.dir&gt;/&lt;job&gt;-&lt;job8&gt;/
 *     identity                      the job's uuid
 *     slots/&lt;n&gt;/lock               held by the instance that has the slot
 *     slots/&lt;n&gt;/instance           8 hex digits, minted once: part of its transactional ids
 *     tasks/&lt;stage&gt;-&lt;partition&gt;/
 *       lock                        held by the instance that has the task
 *       identity                    the job's uuid and reset epoch
 *       sequence                    the last transaction in the store, when it was closed
 *       rocksdb/                    the store
 * </pre>
 *
 * <p>A restarted instance takes the lowest free slot, so on a machine of its own it comes back
 * under the id it had, which fences what it left behind.
 *
 * <p><b>Threads.</b> Safe for any thread.
 *
 * <p><b>Errors.</b> {@link IncompatibleJobException} for state of another job, {@link
 * RefusedException} for what is not safe to touch, {@link StateStoreException} where the file
 * system says no.
 */
public final class StateDirectory implements Slot {

  private static final Logger LOG = LoggerFactory.getLogger(StateDirectory.class);
  private static final Pattern INSTANCE = Pattern.compile("[0-9a-f]{8}");
  private static final Pattern TASK =
      Pattern.compile("(" + JobIdentity.NAME.pattern() + ")-([0-9]{1,9})");
  private static final int MAX_SLOTS = 1_000;

  private final Path root;
  private final JobIdentity job;
  private final int slot;
  private final String instance8;
  private final FileGuard slotGuard;

  private StateDirectory(
      Path root, JobIdentity job, int slot, String instance8, FileGuard slotGuard) {
    this.root = root;
    this.job = job;
    this.slot = slot;
    this.instance8 = instance8;
    this.slotGuard = slotGuard;
  }

  /** Opens a job's directory, and makes it if there is none, and takes a slot. */
  public static StateDirectory open(Path stateDir, JobIdentity job) {
    return open(stateDir, job, new SecureRandom()::nextInt);
  }

  /**
   * As {@link #open(Path, JobIdentity)}.
   *
   * @param random where new instance ids come from
   */
  public static StateDirectory open(Path stateDir, JobIdentity job, IntSupplier random) {
    try {
      Files.createDirectories(stateDir);
    } catch (IOException e) {
      throw new StateStoreException(
          "Cannot make state.dir " + stateDir + ": " + e + ". Choose another, or make it", e);
    }
    Path root = stateDir.resolve(job.name() + "-" + job.job8());
    PrivateFiles.createDirectory(root);
    checkOwner(root, job);
    Path slots = root.resolve("slots");
    PrivateFiles.createDirectory(slots);
    PrivateFiles.createDirectory(root.resolve("tasks"));
    for (int slot = 0; slot < MAX_SLOTS; slot++) {
      Path directory = slots.resolve(Integer.toString(slot));
      PrivateFiles.createDirectory(directory);
      FileGuard guard = FileGuard.tryLock(directory);
      if (guard != null) {
        String instance8 = instanceOf(directory, random);
        return new StateDirectory(root, job, slot, instance8, guard);
      }
    }
    throw new RefusedException(
        "Cannot take a slot in "
            + root
            + ": all are taken ("
            + MAX_SLOTS
            + "). Give this instance a state.dir of its own");
  }

  /** {@return this job's directory} */
  public Path root() {
    return root;
  }

  /** {@return the number of this instance's slot, from 0} */
  public int slot() {
    return slot;
  }

  @Override
  public String instance8() {
    return instance8;
  }

  /**
   * Takes a task's directory, and makes it if there is none.
   *
   * @throws StateStoreException if another instance has it
   */
  public TaskDirectory openTask(String stage, int partition) {
    TaskDirectory task = tryOpenTask(stage, partition);
    if (task == null) {
      throw new StateStoreException(
          "Cannot open the state of task "
              + stage
              + "-"
              + partition
              + ": another instance on this machine still has it ("
              + taskPath(stage, partition)
              + "). It is free once that instance has given the task up");
    }
    return task;
  }

  /**
   * Takes a task's directory if nobody has it. State from before a reset is deleted.
   *
   * @return null if another instance has it, or another owner in this process
   * @throws IncompatibleJobException if the state is another job's
   * @throws RefusedException if the job has been reset since this instance started
   */
  @Override
  public @Nullable TaskDirectory tryOpenTask(String stage, int partition) {
    Path path = taskPath(stage, partition);
    PrivateFiles.createDirectory(path);
    FileGuard guard = FileGuard.tryLock(path);
    if (guard == null) {
      return null;
    }
    boolean opened = false;
    try {
      checkIdentity(path);
      opened = true;
      return new TaskDirectory(path, guard);
    } finally {
      if (!opened) {
        guard.close();
      }
    }
  }

  @Override
  public List<StoredTask> storedTasks() {
    List<StoredTask> tasks = new ArrayList<>();
    for (Path path : PrivateFiles.list(root.resolve("tasks"))) {
      Matcher name = TASK.matcher(path.getFileName().toString());
      if (name.matches() && Files.exists(path.resolve("identity"))) {
        tasks.add(new StoredTask(name.group(1), Integer.parseInt(name.group(2))));
      }
    }
    return tasks;
  }

  /**
   * {@return the last transaction known to be in a task's store here, 0 if nothing is known; a
   * killed owner may have left a newer one}
   */
  @Override
  public long sequenceOf(StoredTask task) {
    Path file = taskPath(task.stage(), task.partition()).resolve(TaskDirectory.SEQUENCE);
    try {
      return Files.exists(file) ? Long.parseLong(PrivateFiles.read(file).trim()) : 0;
    } catch (NumberFormatException | StateStoreException e) {
      return 0;
    }
  }

  /** Gives the slot back. Task directories are to be closed before. */
  @Override
  public void close() {
    slotGuard.close();
  }

  private Path taskPath(String stage, int partition) {
    if (!JobIdentity.NAME.matcher(stage).matches() || partition < 0) {
      throw new IllegalArgumentException(
          "Cannot name a task '" + stage + "-" + partition + "': that is no stage and partition");
    }
    return root.resolve("tasks").resolve(stage + "-" + partition);
  }

  private static void checkOwner(Path root, JobIdentity job) {
    Path file = root.resolve("identity");
    if (!Files.exists(file)) {
      // Instances that start together write the same.
      PrivateFiles.writeAtomically(file, job.uuid() + "\n");
      return;
    }
    String found = PrivateFiles.read(file).trim();
    if (!found.equals(job.uuid().toString())) {
      throw anotherJob(root, found, job);
    }
  }

  private void checkIdentity(Path task) {
    Path file = task.resolve("identity");
    String mine = job.uuid() + " " + job.resetEpoch();
    if (!Files.exists(file)) {
      // Without it nobody knows what the rest is: a copy or a wipe broke off.
      wipe(task);
      PrivateFiles.writeAtomically(file, mine + "\n");
      return;
    }
    String found = PrivateFiles.read(file).trim();
    if (found.equals(mine)) {
      return;
    }
    String[] parts = found.split(" ", -1);
    if (!parts[0].equals(job.uuid().toString())) {
      throw anotherJob(task, parts[0], job);
    }
    int epoch = parts.length == 2 ? epochOf(parts[1]) : -1;
    if (epoch > job.resetEpoch()) {
      throw new RefusedException(
          "Cannot open the state in "
              + task
              + ": the job has been reset since this instance started (reset epoch "
              + epoch
              + ", known here "
              + job.resetEpoch()
              + "). Restart this instance");
    }
    LOG.info("State in {} is from before a reset of the job and is deleted", task);
    wipe(task);
    PrivateFiles.writeAtomically(file, mine + "\n");
  }

  private static int epochOf(String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  /** Deletes all but the lock; the identity first, so that a wipe that breaks off is repeated. */
  private static void wipe(Path task) {
    PrivateFiles.deleteTree(task.resolve("identity"));
    for (Path path : PrivateFiles.list(task)) {
      if (!path.getFileName().toString().equals("lock")) {
        PrivateFiles.deleteTree(path);
      }
    }
  }

  private static IncompatibleJobException anotherJob(Path where, String found, JobIdentity job) {
    return new IncompatibleJobException(
        "Cannot use the state in "
            + where
            + ": it belongs to another job (uuid "
            + found
            + ", this job "
            + job.name()
            + " has "
            + job.uuid()
            + "). Choose another state.dir, or delete the directory if that job is gone");
  }

  private static String instanceOf(Path slotDirectory, IntSupplier random) {
    Path file = slotDirectory.resolve("instance");
    if (Files.exists(file)) {
      String found = PrivateFiles.read(file).trim();
      if (INSTANCE.matcher(found).matches()) {
        return found;
      }
      LOG.warn("The instance id in {} is malformed and is minted anew", file);
    }
    String minted = String.format("%08x", random.getAsInt());
    PrivateFiles.writeAtomically(file, minted + "\n");
    return minted;
  }
}
