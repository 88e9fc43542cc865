package dev.millrace.internal.restore;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.StateStoreException;
import dev.millrace.internal.sim.SimClock;
import dev.millrace.internal.sim.SimDisk;
import dev.millrace.internal.state.disk.InstanceDirectory;
import dev.millrace.internal.state.disk.InstanceSlot;
import dev.millrace.internal.state.disk.JobIdentity;
import dev.millrace.internal.state.store.Checkpoint;
import dev.millrace.internal.state.store.DamagedStateException;
import dev.millrace.internal.state.store.FaultyStore;
import dev.millrace.internal.state.store.StateStore;
import dev.millrace.internal.state.store.StateStores;
import dev.millrace.internal.state.store.StoreBatch;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may open and close a store: workers of one instance, on locks of real directories. */
final class TaskStoresTest {

  private static final Duration LET_GO = Duration.ofSeconds(10);
  private static final String STAGE = "counts";

  /** A disk that refuses to open a store if it is to, and whose open stores fail likewise. */
  private static final class Disk implements StateStores {

    private final StateStores stores = new SimDisk(() -> 0);
    private final Map<String, RuntimeException> failing = new HashMap<>();
    private @Nullable RuntimeException failure;
    private boolean failsOnce;
    private int open;

    /** A store whose calls fail by their names; a closed one is closed all the same. */
    private StateStore failing(StateStore sound) {
      open++;
      return FaultyStore.over(
          sound,
          call -> {
            if (call.equals("close")) {
              open--;
            }
            return failing.get(call);
          });
    }

    @Override
    public StateStore open(Path taskDirectory) {
      RuntimeException thrown = failure;
      if (thrown == null) {
        return failing(stores.open(taskDirectory));
      }
      failure = failsOnce ? null : thrown;
      throw thrown;
    }

    @Override
    public void wipe(Path taskDirectory) {
      stores.wipe(taskDirectory);
    }

    @Override
    public void close() {}
  }

  @TempDir private Path directory;
  private final SimClock clock = new SimClock(Instant.EPOCH);
  private final Disk disk = new Disk();
  private InstanceSlot slot;

  @BeforeEach
  void takeSlot() {
    slot =
        InstanceDirectory.open(
            directory, new JobIdentity("job", new UUID(0, 1), 0), Optional.of("here"));
  }

  @AfterEach
  void releaseSlot() {
    slot.close();
  }

  private TaskStores worker() {
    return new TaskStores(STAGE, slot, disk, clock);
  }

  private static void commit(@Nullable StateStore store, long txnSeq) {
    requireNonNull(store)
        .write(new StoreBatch().checkpoint(new Checkpoint(0, 1, txnSeq, txnSeq, 0, 0)));
  }

  @Test
  void aStoreStaysOpenUntilItIsReleased() {
    try (TaskStores worker = worker()) {
      StateStore store = worker.open(3);
      assertThat(worker.open(3)).isSameAs(store);
      commit(store, 7);
      assertThat(worker.sequences()).containsEntry(3, 7L);

      worker.release(3);
      assertThat(worker.sequences()).isEmpty();
      assertThat(slot.sequenceOf(new InstanceSlot.StoredTask(STAGE, 3)))
          .as("what the next placement of tasks reads")
          .isEqualTo(7);
    }
  }

  @Test
  void anotherWorkerOfTheInstanceWaitsForTheLock() {
    try (TaskStores owner = worker();
        TaskStores next = worker()) {
      commit(owner.open(0), 1);
      assertThat(next.open(0)).as("while the owner has it").isNull();
      assertThat(next.open(1)).as("another task").isNotNull();

      owner.release(0);
      StateStore handedOver = next.open(0);
      assertThat(handedOver).isNotNull();
      assertThat(requireNonNull(requireNonNull(handedOver).checkpoint()).txnSeq()).isEqualTo(1);
    }
  }

  @Test
  void anOwnerThatHangsKeepsItsStoreAndTheTaskGoesOnBesideIt() {
    try (TaskStores hung = worker();
        TaskStores next = worker()) {
      StateStore kept = requireNonNull(hung.open(0));
      commit(kept, 1);
      assertThat(next.open(0)).isNull();
      clock.advance(LET_GO.minusMillis(1));
      assertThat(next.open(0)).isNull();

      clock.advance(Duration.ofMillis(1));
      StateStore beside = requireNonNull(next.open(0));
      assertThat(beside.checkpoint()).as("empty, so it is restored").isNull();
      assertThat(requireNonNull(kept.checkpoint()).txnSeq()).as("untouched").isEqualTo(1);
    }
  }

  @Test
  void theWaitForAnOwnerBeginsAnewWithEachAssignment() {
    try (TaskStores owner = worker();
        TaskStores next = worker()) {
      owner.open(0);
      assertThat(next.open(0)).isNull();
      clock.advance(LET_GO.minusMillis(1));
      next.release(0);
      assertThat(next.open(0)).isNull();
      clock.advance(Duration.ofMillis(1));
      assertThat(next.open(0)).as("it has waited for a millisecond").isNull();
    }
  }

  @Test
  void aDamagedStoreIsWipedAndOpenedAgain() {
    try (TaskStores worker = worker()) {
      commit(worker.open(0), 1);
      worker.release(0);
      disk.failure = new DamagedStateException("damaged", null);
      disk.failsOnce = true;
      assertThat(requireNonNull(worker.open(0)).checkpoint()).isNull();
    }
  }

  @Test
  void aStoreThatTurnsOutToBeDamagedIsWipedWhenItsTaskOpensAgain() {
    try (TaskStores worker = worker()) {
      StateStore store = requireNonNull(worker.open(0));
      commit(store, 5);
      RuntimeException damage = new DamagedStateException("damaged", null);
      disk.failing.put("get", damage);
      assertThatThrownBy(() -> store.get(new byte[] {1})).isSameAs(damage);
      disk.failing.clear();

      assertThat(worker.sequences()).as("nothing to place a task by").containsEntry(0, 0L);
      StateStore restored = requireNonNull(worker.open(0));
      assertThat(restored).isNotSameAs(store);
      assertThat(restored.checkpoint()).as("empty, so it is restored").isNull();
      assertThat(worker.open(0)).isSameAs(restored);
      assertThat(disk.open).isEqualTo(1);
    }
  }

  /** The next owner must neither find it locked, nor take it for the newest. */
  @Test
  void aStoreThatTurnsOutToBeDamagedAtItsReleaseIsClosedAndWiped() {
    InstanceSlot.StoredTask task = new InstanceSlot.StoredTask(STAGE, 0);
    try (TaskStores worker = worker();
        TaskStores next = worker()) {
      commit(worker.open(0), 5);
      worker.release(0);
      assertThat(slot.sequenceOf(task)).isEqualTo(5);

      worker.open(0);
      disk.failing.put("checkpoint", new DamagedStateException("damaged", null));
      assertThat(worker.sequences()).containsEntry(0, 0L);
      worker.release(0);
      disk.failing.clear();
      assertThat(disk.open).isZero();
      assertThat(slot.sequenceOf(task)).isZero();
      assertThat(requireNonNull(next.open(0)).checkpoint()).isNull();
    }
  }

  @Test
  void allStoresAreClosedAlsoIfSomeFail() {
    TaskStores worker = worker();
    for (int task = 0; task < 3; task++) {
      worker.open(task);
    }
    RuntimeException refused = new StateStoreException("full");
    disk.failing.put("close", refused);
    assertThatThrownBy(worker::close).isSameAs(refused);
    disk.failing.clear();
    assertThat(disk.open).isZero();
    try (TaskStores next = worker()) {
      for (int task = 0; task < 3; task++) {
        assertThat(next.open(task)).as("task %d", task).isNotNull();
      }
    }
  }

  @Test
  void aStoreThatCannotBeWipedDoesNotKeepTheLock() {
    try (TaskStores worker = worker();
        TaskStores next = worker()) {
      worker.open(0);
      RuntimeException refused = new StateStoreException("full");
      disk.failing.put("close", refused);
      assertThatThrownBy(() -> worker.wipe(0)).isSameAs(refused);
      disk.failing.clear();
      assertThat(next.open(0)).isNotNull();
    }
  }

  @Test
  void aStoreThatCannotBeOpenedDoesNotKeepTheLock() {
    try (TaskStores worker = worker();
        TaskStores other = worker()) {
      disk.failure = new StateStoreException("full");
      assertThatThrownBy(() -> worker.open(0)).isSameAs(disk.failure);
      disk.failure = null;
      assertThat(other.open(0)).isNotNull();
    }
  }

  @Test
  void onlyItsOwnerWipesAStore() {
    try (TaskStores owner = worker();
        TaskStores other = worker()) {
      commit(owner.open(0), 1);
      assertThatIllegalStateException().isThrownBy(() -> other.wipe(0));

      assertThat(owner.wipe(0).checkpoint()).isNull();
      assertThat(other.open(0)).as("the lock is kept meanwhile").isNull();
    }
  }

  @Test
  void aProcessThatIsKilledLetsGoWithoutNotingAnything() {
    try (TaskStores other = worker()) {
      TaskStores killed = worker();
      commit(killed.open(0), 5);
      killed.drop();
      assertThat(slot.sequenceOf(new InstanceSlot.StoredTask(STAGE, 0))).isZero();
      assertThat(other.open(0)).isNotNull();
    }
  }
}
