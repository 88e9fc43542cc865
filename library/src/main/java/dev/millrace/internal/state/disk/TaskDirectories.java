package dev.millrace.internal.state.disk;

import dev.millrace.error.JobStateException;
import dev.millrace.error.StateStoreException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directories of a job's tasks on this machine.
 *
 * <p>A process that hangs keeps its locks. The instance that gets its tasks from the group
 * meanwhile makes a directory of the next <i>generation</i> beside the locked one: {@code count-3},
 * {@code count-3.1}, {@code count-3.2}. That is safe because:
 *
 * <pre>
 * I1  A directory is used under its own lock only: an owner that wakes up writes into its own.
 * I2  Only the newest generation is opened, and it has to be the newest still once it is locked.
 * I3  A generation is deleted under its lock, and only if there is a newer one. So the newest
 *     number never falls, and by I2 nobody keeps a lock on a file that was deleted in between.
 * I4  What is in a directory is a prefix of what was committed, whichever generation it is of.
 * </pre>
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
final class TaskDirectories {

  private static final Logger LOG = LoggerFactory.getLogger(TaskDirectories.class);
  private static final Pattern TASK =
      Pattern.compile("(" + JobIdentity.NAME.pattern() + ")-([0-9]{1,9})(?:\\.([1-9][0-9]{0,8}))?");

  private final Path root;
  private final JobIdentity job;

  /**
   * Creates the view of one instance.
   *
   * @param root where the directories are
   */
  TaskDirectories(Path root, JobIdentity job) {
    this.root = root;
    this.job = job;
  }

  @Nullable TaskDirectory tryOpen(String stage, int partition) {
    return tryOpen(stage, partition, Math.max(0, newest(stage, partition)));
  }

  @Nullable TaskDirectory tryOpenBeside(String stage, int partition) {
    TaskDirectory free = tryOpen(stage, partition);
    return free != null ? free : tryOpen(stage, partition, newest(stage, partition) + 1);
  }

  private @Nullable TaskDirectory tryOpen(String stage, int partition, int generation) {
    Path path = path(stage, partition, generation);
    FileGuard guard;
    try {
      PrivateFiles.createDirectory(path);
      guard = FileGuard.tryLock(path);
    } catch (StateStoreException e) {
      if (newest(stage, partition) > generation) {
        return null; // The owner of the newer one was just deleting this one.
      }
      throw e;
    }
    if (guard == null) {
      return null;
    }
    boolean opened = false;
    try {
      if (newest(stage, partition) != generation) {
        return null;
      }
      checkIdentity(path);
      deleteOlder(stage, partition, generation);
      opened = true;
      return new TaskDirectory(path, guard, () -> deleteIfReplaced(stage, partition, generation));
    } finally {
      if (!opened) {
        guard.close();
      }
    }
  }

  /** What an owner that still hangs has locked stays; it deletes that itself once it wakes up. */
  private void deleteOlder(String stage, int partition, int generation) {
    for (int older : generations(stage, partition).headSet(generation)) {
      try {
        FileGuard guard = FileGuard.tryLock(path(stage, partition, older));
        if (guard != null) {
          try {
            deleteIfReplaced(stage, partition, older);
          } finally {
            guard.close();
          }
        }
      } catch (StateStoreException e) {
        LOG.debug("Somebody else is deleting the same", e);
      }
    }
  }

  /** Needs the generation's lock. Nothing depends on this: the next owner would try again. */
  private void deleteIfReplaced(String stage, int partition, int generation) {
    try {
      if (newest(stage, partition) > generation) {
        PrivateFiles.deleteTree(path(stage, partition, generation));
      }
    } catch (StateStoreException e) {
      LOG.warn("State that a newer copy has replaced could not be deleted", e);
    }
  }

  List<InstanceSlot.StoredTask> stored() {
    Map<InstanceSlot.StoredTask, Integer> newest = new HashMap<>();
    for (Path path : PrivateFiles.list(root)) {
      Matcher name = TASK.matcher(path.getFileName().toString());
      if (name.matches()) {
        newest.merge(
            new InstanceSlot.StoredTask(name.group(1), Integer.parseInt(name.group(2))),
            generation(name),
            Math::max);
      }
    }
    List<InstanceSlot.StoredTask> tasks = new ArrayList<>();
    newest.forEach(
        (task, generation) -> {
          if (Files.exists(path(task.stage(), task.partition(), generation).resolve("identity"))) {
            tasks.add(task);
          }
        });
    return tasks;
  }

  long sequenceOf(InstanceSlot.StoredTask task) {
    int generation = newest(task.stage(), task.partition());
    Path file =
        path(task.stage(), task.partition(), Math.max(0, generation))
            .resolve(TaskDirectory.SEQUENCE);
    try {
      return Files.exists(file) ? Long.parseLong(PrivateFiles.read(file).trim()) : 0;
    } catch (NumberFormatException | StateStoreException e) {
      return 0;
    }
  }

  // ------------------------------------------------------------------ names

  /** {@return the number of the newest directory of a task, -1 if there is none} */
  private int newest(String stage, int partition) {
    NavigableSet<Integer> all = generations(stage, partition);
    return all.isEmpty() ? -1 : all.last();
  }

  private NavigableSet<Integer> generations(String stage, int partition) {
    NavigableSet<Integer> generations = new TreeSet<>();
    for (Path path : PrivateFiles.list(root)) {
      Matcher name = TASK.matcher(path.getFileName().toString());
      if (name.matches()
          && name.group(1).equals(stage)
          && Integer.parseInt(name.group(2)) == partition) {
        generations.add(generation(name));
      }
    }
    return generations;
  }

  private static int generation(Matcher name) {
    return name.group(3) == null ? 0 : Integer.parseInt(name.group(3));
  }

  private Path path(String stage, int partition, int generation) {
    if (!JobIdentity.NAME.matcher(stage).matches() || partition < 0) {
      throw new IllegalArgumentException(
          "Cannot name a task '" + stage + "-" + partition + "': that is no stage and partition");
    }
    return root.resolve(stage + "-" + partition + (generation == 0 ? "" : "." + generation));
  }

  // ------------------------------------------------------------------ whose it is

  private void checkIdentity(Path task) {
    Path file = task.resolve("identity");
    String mine = job.uuid() + " " + job.resetEpoch();
    if (!Files.exists(file)) {
      // Without it the rest is of unknown origin: a copy or a wipe broke off.
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
      throw InstanceDirectory.anotherJob(task, parts[0], job);
    }
    int epoch = parts.length == 2 ? epochOf(parts[1]) : -1;
    if (epoch > job.resetEpoch()) {
      throw new JobStateException(
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
}
