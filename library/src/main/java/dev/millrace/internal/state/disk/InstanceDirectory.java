package dev.millrace.internal.state.disk;

import dev.millrace.error.IncompatibleJobException;
import dev.millrace.error.JobStateException;
import dev.millrace.error.StateStoreException;
import dev.millrace.internal.util.DerivedName;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import java.util.function.IntSupplier;
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
 *     slots/&lt;n&gt;/instance           8 hex digits, minted once: part of its transactional ids;
 *                                   none for an instance that has a name
 *     tasks/&lt;stage&gt;-&lt;partition&gt;/  with .1, .2... if an owner hung, see {@link TaskDirectories}
 *       lock                        held by the instance that has the task
 *       identity                    the job's uuid and reset epoch
 *       sequence                    the last transaction in the store, when it was closed
 *       rocksdb/                    the store
 * </pre>
 *
 * <p>A restarted instance takes the lowest free slot, so on a machine of its own it comes back
 * under the id it had, which fences the transactions it left open. One that has a name does so on
 * any machine.
 *
 * <p><b>Threads.</b> Safe for any thread.
 *
 * <p><b>Errors.</b> {@link IncompatibleJobException} for state of another job, {@link
 * StateStoreException} for directories that are taken, not safe to use, or refused by the file
 * system.
 */
public final class InstanceDirectory implements InstanceSlot {

  private static final Logger LOG = LoggerFactory.getLogger(InstanceDirectory.class);
  private static final Pattern INSTANCE = Pattern.compile("[0-9a-f]{8}");
  private static final int MAX_SLOTS = 1_000;

  private final Path root;
  private final TaskDirectories tasks;
  private final int slot;
  private final String instance8;
  private final FileGuard slotGuard;

  private InstanceDirectory(
      Path root, JobIdentity job, int slot, String instance8, FileGuard slotGuard) {
    this.root = root;
    this.tasks = new TaskDirectories(root.resolve("tasks"), job);
    this.slot = slot;
    this.instance8 = instance8;
    this.slotGuard = slotGuard;
  }

  /**
   * Opens a job's directory, and makes it if there is none, and takes a slot.
   *
   * @param name the fixed name of the instance, if it has one: then its id does not depend on what
   *     is left of the directory
   */
  public static InstanceDirectory open(Path stateDir, JobIdentity job, Optional<String> name) {
    return open(stateDir, job, name, new SecureRandom()::nextInt);
  }

  /**
   * As {@link #open(Path, JobIdentity, Optional)}.
   *
   * @param random where new instance ids come from
   */
  public static InstanceDirectory open(
      Path stateDir, JobIdentity job, Optional<String> name, IntSupplier random) {
    try {
      PrivateFiles.createParents(stateDir);
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
        try {
          String instance8 = instanceOf(directory, slot, name, random);
          return new InstanceDirectory(root, job, slot, instance8, guard);
        } catch (RuntimeException e) {
          guard.close();
          throw e;
        }
      }
    }
    throw new StateStoreException(
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
   * Takes a task's directory if no owner has it, and makes it if there is none. State from before a
   * reset is deleted.
   *
   * @return null if another instance has it, or another owner in this process
   * @throws IncompatibleJobException if the state is another job's
   * @throws JobStateException if the job has been reset since this instance started
   */
  @Override
  public @Nullable TaskDirectory tryOpenTask(String stage, int partition) {
    return tasks.tryOpen(stage, partition);
  }

  /**
   * As {@link #tryOpenTask}, but if another owner has the directory, makes an empty one beside it:
   * an owner that hangs keeps its lock, and whatever it still writes when it wakes up goes into its
   * own directory.
   *
   * @return null if another instance does the same at this moment
   */
  @Override
  public @Nullable TaskDirectory tryOpenTaskBeside(String stage, int partition) {
    return tasks.tryOpenBeside(stage, partition);
  }

  @Override
  public List<StoredTask> storedTasks() {
    return tasks.stored();
  }

  /**
   * {@return the last transaction known to be in a task's store here, 0 if nothing is known; a
   * killed owner may have left a newer one}
   */
  @Override
  public long sequenceOf(StoredTask task) {
    return tasks.sequenceOf(task);
  }

  @Override
  public Optional<DiskSpace> space() {
    try {
      FileStore fileSystem = Files.getFileStore(root);
      return Optional.of(new DiskSpace(fileSystem.getUsableSpace(), fileSystem.getTotalSpace()));
    } catch (IOException e) {
      return Optional.empty(); // A figure is no reason to stop.
    }
  }

  /** Releases the slot. Task directories are to be closed before. */
  @Override
  public void close() {
    slotGuard.close();
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

  static IncompatibleJobException anotherJob(Path where, String found, JobIdentity job) {
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

  private static String instanceOf(
      Path slotDirectory, int slot, Optional<String> name, IntSupplier random) {
    if (name.isPresent()) {
      // With the slot: copies that share the directory may share their settings, too.
      return DerivedName.hash(name.get() + "/" + slot);
    }
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
