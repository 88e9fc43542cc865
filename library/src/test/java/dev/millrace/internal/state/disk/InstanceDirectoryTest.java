package dev.millrace.internal.state.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.IncompatibleJobException;
import dev.millrace.error.JobStateException;
import dev.millrace.error.StateStoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class InstanceDirectoryTest {

  private static final UUID UUID_A = UUID.fromString("0a1b2c3d-0000-4000-8000-000000000001");
  private static final UUID UUID_B = UUID.fromString("0a1b2c3d-0000-4000-8000-000000000002");

  @TempDir Path stateDir;

  /** The other JVM: takes a slot and, if it can, a task, says so, and waits to be killed. */
  static final class Other {

    private Other() {}

    public static void main(String[] arguments) throws IOException {
      InstanceDirectory directory =
          InstanceDirectory.open(Path.of(arguments[0]), job(UUID_A, 0), Optional.empty());
      TaskDirectory task = directory.tryOpenTask("count", 3);
      System.out.println(directory.slot() + " " + (task != null) + " " + directory.instance8());
      System.in.read();
    }
  }

  @Test
  void copiesOnOneMachineTakeTheNextFreeSlotAndKeepTheirIds() {
    String first;
    String second;
    try (InstanceDirectory a = open(UUID_A, 0);
        InstanceDirectory b = open(UUID_A, 0)) {
      assertThat(a.slot()).isZero();
      assertThat(b.slot()).isEqualTo(1);
      first = a.instance8();
      second = b.instance8();
      assertThat(first).matches("[0-9a-f]{8}").isNotEqualTo(second);
    }
    try (InstanceDirectory a = open(UUID_A, 0);
        InstanceDirectory b = open(UUID_A, 0)) {
      assertThat(List.of(a.instance8(), b.instance8())).containsExactly(first, second);
    }
  }

  @Test
  void anInstanceWithANameHasTheSameIdOnAnEmptyDisk(@TempDir Path elsewhere) {
    String first;
    String second;
    try (InstanceDirectory a = open("blue");
        InstanceDirectory b = open("blue")) {
      first = a.instance8();
      second = b.instance8();
      assertThat(first).matches("[0-9a-f]{8}").isNotEqualTo(second);
    }
    JobIdentity job = job(UUID_A, 0);
    try (InstanceDirectory a = InstanceDirectory.open(elsewhere, job, Optional.of("blue"));
        InstanceDirectory b = InstanceDirectory.open(elsewhere, job, Optional.of("blue"));
        InstanceDirectory green = open("green")) {
      assertThat(List.of(a.instance8(), b.instance8())).containsExactly(first, second);
      assertThat(green.instance8()).isNotIn(first, second);
    }
  }

  @Test
  void aNameLeavesTheIdOfTheDirectoryAsItWas() {
    String minted;
    try (InstanceDirectory unnamed = open(UUID_A, 0)) {
      minted = unnamed.instance8();
    }
    try (InstanceDirectory named = open("blue")) {
      assertThat(named.instance8()).isNotEqualTo(minted);
    }
    try (InstanceDirectory unnamed = open(UUID_A, 0)) {
      assertThat(unnamed.instance8()).isEqualTo(minted);
    }
  }

  @Test
  void aStartThatFailsLetsGoOfItsSlot() throws IOException {
    Path instance;
    try (InstanceDirectory first = open(UUID_A, 0)) {
      instance = first.root().resolve("slots/0/instance");
    }
    Files.delete(instance);
    Files.createDirectory(instance);
    assertThatThrownBy(() -> open(UUID_A, 0)).isInstanceOf(StateStoreException.class);
    Files.delete(instance);
    try (InstanceDirectory again = open(UUID_A, 0)) {
      assertThat(again.slot()).isZero();
    }
  }

  /** As where the disk for state is mounted elsewhere. */
  @Test
  void theDirectoryOfAllJobsMayBeALink(@TempDir Path elsewhere) throws IOException {
    Path link = Files.createSymbolicLink(stateDir.resolve("link"), elsewhere);
    try (InstanceDirectory directory =
        InstanceDirectory.open(link, job(UUID_A, 0), Optional.empty())) {
      task(directory, "count", 3).close();
    }
    assertThat(PrivateDirectory.in(link, "native").path()).isDirectory();
    assertThat(elsewhere.resolve("native")).isDirectory();
  }

  private InstanceDirectory open(String name) {
    return InstanceDirectory.open(stateDir, job(UUID_A, 0), Optional.of(name));
  }

  @Test
  void copiesThatStartTogetherTakeDifferentSlots() throws Exception {
    int copies = 8;
    ExecutorService threads = Executors.newFixedThreadPool(copies);
    try {
      List<Callable<InstanceDirectory>> starts = new ArrayList<>();
      for (int i = 0; i < copies; i++) {
        starts.add(() -> open(UUID_A, 0));
      }
      Set<Integer> slots = new TreeSet<>();
      Set<String> ids = new TreeSet<>();
      for (Future<InstanceDirectory> started : threads.invokeAll(starts)) {
        slots.add(started.get().slot());
        ids.add(started.get().instance8());
      }
      assertThat(slots).containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
      assertThat(ids).hasSize(copies);
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void aTaskHasOneOwnerInAProcess() {
    try (InstanceDirectory a = open(UUID_A, 0);
        InstanceDirectory b = open(UUID_A, 0)) {
      TaskDirectory task = task(a, "count", 3);
      assertThat(b.tryOpenTask("count", 3)).isNull();
      task(b, "count", 4).close();
      task.close();
      task(b, "count", 3).close();
      assertThat(a.storedTasks())
          .containsExactlyInAnyOrder(
              new InstanceDirectory.StoredTask("count", 3),
              new InstanceDirectory.StoredTask("count", 4));
    }
  }

  @Test
  void anotherJvmIsLockedOutUntilTheOwnerIsKilled() throws Exception {
    try (ChildJvm owner = ChildJvm.start(Other.class, stateDir.toString())) {
      assertThat(owner.line()).startsWith("0 true ");
      try (InstanceDirectory mine = open(UUID_A, 0)) {
        assertThat(mine.slot()).isEqualTo(1);
        assertThat(mine.tryOpenTask("count", 3)).isNull();
        owner.killAfterMs(1);
        task(mine, "count", 3).close();
      }
    }
  }

  @Test
  void aFailedTryInTheSameProcessDoesNotGiveTheLockUp() throws Exception {
    try (InstanceDirectory mine = open(UUID_A, 0);
        TaskDirectory task = task(mine, "count", 3)) {
      assertThat(mine.tryOpenTask("count", 3)).isNull();
      try (ChildJvm other = ChildJvm.start(Other.class, stateDir.toString())) {
        assertThat(other.line()).startsWith("1 false ");
      }
      assertThat(task.path()).isDirectory();
    }
  }

  @Test
  void aTaskWhoseOwnerHangsIsOpenedBesideIt() throws IOException {
    try (InstanceDirectory hanging = open(UUID_A, 0);
        InstanceDirectory heir = open(UUID_A, 0)) {
      TaskDirectory old = task(hanging, "count", 3);
      old.noteSequence(7);
      TaskDirectory beside = beside(heir, "count", 3);
      assertThat(beside.path()).isNotEqualTo(old.path()).isDirectory();
      beside.noteSequence(9);
      assertThat(hanging.tryOpenTask("count", 3)).isNull();

      // It wakes up: what it writes goes to its own directory, which goes with it.
      Files.writeString(old.path().resolve("late"), "?");
      old.noteSequence(8);
      old.close();
      assertThat(old.path()).doesNotExist();
      assertThat(beside.path()).isDirectory();
      assertThat(hanging.tryOpenTask("count", 3)).isNull();

      InstanceDirectory.StoredTask stored = new InstanceDirectory.StoredTask("count", 3);
      assertThat(heir.storedTasks()).containsExactly(stored);
      assertThat(heir.sequenceOf(stored)).isEqualTo(9);
      beside.close();
      try (TaskDirectory again = task(hanging, "count", 3)) {
        assertThat(again.path()).isEqualTo(beside.path());
      }
    }
  }

  @Test
  void aFreeTaskIsNotOpenedBesideItself() {
    try (InstanceDirectory mine = open(UUID_A, 0)) {
      TaskDirectory first = task(mine, "count", 3);
      first.close();
      try (TaskDirectory again = beside(mine, "count", 3)) {
        assertThat(again.path()).isEqualTo(first.path());
      }
    }
  }

  @Test
  void theDirectoryOfAnOwnerThatIsKilledWhileItHangsGoesWithTheNextOpening() throws Exception {
    try (ChildJvm owner = ChildJvm.start(Other.class, stateDir.toString())) {
      assertThat(owner.line()).startsWith("0 true ");
      try (InstanceDirectory mine = open(UUID_A, 0)) {
        Path old = mine.root().resolve("tasks/count-3");
        TaskDirectory beside = beside(mine, "count", 3);
        beside.close();
        owner.killAfterMs(1);
        assertThat(old).isDirectory();
        try (TaskDirectory again = task(mine, "count", 3)) {
          assertThat(again.path()).isEqualTo(beside.path());
          assertThat(old).doesNotExist();
        }
      }
    }
  }

  @Test
  void noDirectoryEverHasTwoOwnersOrVanishesUnderOne() throws Exception {
    long seed = System.nanoTime();
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Callable<Integer>> owners = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        Random random = new Random(seed + i);
        owners.add(() -> ownAtRandom(random, 200));
      }
      int opened = 0;
      for (Future<Integer> owner : threads.invokeAll(owners)) {
        opened += owner.get();
      }
      // How often they meet is up to the scheduler; one that never got anything would prove
      // nothing.
      assertThat(opened).as("seed %s", seed).isGreaterThan(20);
    } catch (ExecutionException e) {
      throw new AssertionError("seed " + seed, e);
    } finally {
      threads.shutdownNow();
    }
    try (InstanceDirectory last = open(UUID_A, 0);
        TaskDirectory task = task(last, "count", 3);
        Stream<Path> left = Files.list(last.root().resolve("tasks"))) {
      assertThat(left).as("seed %s", seed).containsExactly(task.path());
    }
  }

  /** Opens a task again and again, and leaves a mark in it that nobody else may find. */
  private int ownAtRandom(Random random, int times) throws IOException {
    int opened = 0;
    try (InstanceDirectory directory = open(UUID_A, 0)) {
      for (int i = 0; i < times; i++) {
        TaskDirectory task =
            random.nextInt(3) == 0
                ? directory.tryOpenTaskBeside("count", 3)
                : directory.tryOpenTask("count", 3);
        if (task != null) {
          opened++;
          Path mark = Files.createFile(task.path().resolve("mark"));
          LockSupport.parkNanos(random.nextInt(200_000));
          Files.delete(mark);
          task.close();
        }
      }
    }
    return opened;
  }

  @Test
  void stateOfAnotherJobIsRefused() throws IOException {
    open(UUID_A, 0).close();
    assertThatThrownBy(() -> open(UUID_B, 0))
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining(UUID_A.toString())
        .hasMessageContaining(UUID_B.toString())
        .hasMessageContaining("another job");

    // The same for the directory of one task, copied from elsewhere.
    Path task = stateDir.resolve("wordcount-0a1b2c3d/tasks/count-0");
    Files.createDirectories(task);
    Files.writeString(task.resolve("identity"), UUID_B + " 0\n");
    Files.writeString(task.resolve("precious"), "rows");
    try (InstanceDirectory directory = open(UUID_A, 0)) {
      assertThatThrownBy(() -> directory.tryOpenTask("count", 0))
          .isInstanceOf(IncompatibleJobException.class);
      assertThat(task.resolve("precious")).exists();
      Files.writeString(task.resolve("identity"), UUID_A + " 0\n");
      task(directory, "count", 0).close();
      assertThat(task.resolve("precious")).exists();
    }
  }

  @Test
  void stateFromBeforeAResetIsDeletedAndStateFromAfterItIsRefused() throws IOException {
    Path rows;
    try (InstanceDirectory directory = open(UUID_A, 4);
        TaskDirectory task = task(directory, "count", 0)) {
      rows = Files.writeString(Files.createDirectory(task.path().resolve("db")).resolve("a"), "a");
    }
    try (InstanceDirectory directory = open(UUID_A, 4)) {
      task(directory, "count", 0).close();
      assertThat(rows).exists();
    }
    try (InstanceDirectory directory = open(UUID_A, 3)) {
      assertThatThrownBy(() -> directory.tryOpenTask("count", 0))
          .isInstanceOf(JobStateException.class)
          .hasMessageContaining("reset");
      assertThat(rows).exists();
    }
    try (InstanceDirectory directory = open(UUID_A, 5)) {
      task(directory, "count", 0).close();
      assertThat(rows).doesNotExist();
    }
  }

  @Test
  void stateWithoutIdentityIsDeleted() throws IOException {
    Path task = stateDir.resolve("wordcount-0a1b2c3d/tasks/count-0");
    Files.createDirectories(task);
    Path stray = Files.writeString(task.resolve("stray"), "?");
    try (InstanceDirectory directory = open(UUID_A, 0)) {
      assertThat(directory.storedTasks()).isEmpty();
      task(directory, "count", 0).close();
      assertThat(stray).doesNotExist();
    }
  }

  @Test
  void onlyTheOwnerMayLookInside() throws IOException {
    Assumptions.assumeTrue(
        Files.getFileStore(stateDir).supportsFileAttributeView("posix"), "no POSIX permissions");
    try (InstanceDirectory directory = open(UUID_A, 0);
        TaskDirectory task = task(directory, "count", 0);
        Stream<Path> found = Files.walk(directory.root())) {
      assertThat(task.path()).isDirectory();
      for (Path path : found.toList()) {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
            .as("%s", path)
            .isEqualTo(Files.isDirectory(path) ? "rwx------" : "rw-------");
      }
    }
  }

  @Test
  void linksAreRefused() throws IOException {
    Path elsewhere = Files.createDirectory(stateDir.resolve("elsewhere"));
    Files.createSymbolicLink(stateDir.resolve("wordcount-0a1b2c3d"), elsewhere);
    assertThatThrownBy(() -> open(UUID_A, 0)).isInstanceOf(StateStoreException.class);
  }

  @Test
  void namesThatCouldLeaveTheDirectoryAreRefused() {
    assertThatThrownBy(() -> new JobIdentity("../x", UUID_A, 0))
        .isInstanceOf(IllegalArgumentException.class);
    try (InstanceDirectory directory = open(UUID_A, 0)) {
      assertThatThrownBy(() -> directory.tryOpenTask("../../x", 0))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> directory.tryOpenTask("count", -1))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  private static TaskDirectory task(InstanceDirectory directory, String stage, int partition) {
    TaskDirectory task = directory.tryOpenTask(stage, partition);
    assertThat(task).isNotNull();
    return task;
  }

  private static TaskDirectory beside(InstanceDirectory directory, String stage, int partition) {
    TaskDirectory task = directory.tryOpenTaskBeside(stage, partition);
    assertThat(task).isNotNull();
    return task;
  }

  private InstanceDirectory open(UUID uuid, int resetEpoch) {
    return InstanceDirectory.open(stateDir, job(uuid, resetEpoch), Optional.empty());
  }

  private static JobIdentity job(UUID uuid, int resetEpoch) {
    return new JobIdentity("wordcount", uuid, resetEpoch);
  }
}
