package dev.millrace.internal.sim;

import dev.millrace.internal.state.disk.InstanceSlot;
import dev.millrace.internal.state.disk.TaskSlot;
import dev.millrace.internal.state.store.Checkpoint;
import dev.millrace.internal.state.store.InMemoryStateStore;
import dev.millrace.internal.state.store.RowIterator;
import dev.millrace.internal.state.store.StateStore;
import dev.millrace.internal.state.store.StateStores;
import dev.millrace.internal.state.store.StoreBatch;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A machine's disk in memory: slots for instances, and stores that survive their processes.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
public final class SimDisk implements StateStores {

  private final Map<Path, InMemoryStateStore> stores = new HashMap<>();
  private final Map<InstanceSlot.StoredTask, Long> sequences = new HashMap<>();
  private final Set<InstanceSlot.StoredTask> held = new HashSet<>();
  private final Map<Integer, String> instances = new TreeMap<>();
  private final Set<Integer> taken = new HashSet<>();
  private final IntSupplier ids;

  /**
   * Creates an empty disk.
   *
   * @param ids where new instances' identities come from
   */
  public SimDisk(IntSupplier ids) {
    this.ids = ids;
  }

  /** {@return the lowest free slot, which has the identity it had before} */
  public InstanceSlot takeSlot() {
    int number = 0;
    while (!taken.add(number)) {
      number++;
    }
    String instance8 =
        instances.computeIfAbsent(number, fresh -> String.format("%08x", ids.getAsInt()));
    return new SlotOnDisk(number, instance8);
  }

  @Override
  public StateStore open(Path taskDirectory) {
    return new StoreOnDisk(
        stores.computeIfAbsent(taskDirectory, absent -> new InMemoryStateStore()));
  }

  @Override
  public void wipe(Path taskDirectory) {
    stores.remove(taskDirectory);
  }

  /** Loses all state; slots keep their identities. */
  public void clear() {
    stores.clear();
    sequences.clear();
  }

  @Override
  public void close() {}

  private final class SlotOnDisk implements InstanceSlot {

    private final int number;
    private final String instance8;

    SlotOnDisk(int number, String instance8) {
      this.number = number;
      this.instance8 = instance8;
    }

    @Override
    public String instance8() {
      return instance8;
    }

    @Override
    public @Nullable TaskSlot tryOpenTask(String stage, int partition) {
      StoredTask task = new StoredTask(stage, partition);
      if (!held.add(task)) {
        return null;
      }
      sequences.putIfAbsent(task, 0L);
      return new TaskOnDisk(task);
    }

    /** No owner hangs here: if the task is held, there is no place beside it. */
    @Override
    public @Nullable TaskSlot tryOpenTaskBeside(String stage, int partition) {
      return tryOpenTask(stage, partition);
    }

    @Override
    public List<StoredTask> storedTasks() {
      return new ArrayList<>(sequences.keySet());
    }

    @Override
    public long sequenceOf(StoredTask task) {
      return sequences.getOrDefault(task, 0L);
    }

    @Override
    public void close() {
      taken.remove(number);
    }
  }

  private final class TaskOnDisk implements TaskSlot {

    private final InstanceSlot.StoredTask task;

    TaskOnDisk(InstanceSlot.StoredTask task) {
      this.task = task;
    }

    @Override
    public Path path() {
      return Path.of(task.stage() + "-" + task.partition());
    }

    @Override
    public void noteSequence(long sequence) {
      sequences.put(task, sequence);
    }

    @Override
    public void close() {
      held.remove(task);
    }
  }

  /** The store as one process has it open. */
  private record StoreOnDisk(InMemoryStateStore rows) implements StateStore {

    @Override
    public byte @Nullable [] get(byte[] key) {
      return rows.get(key);
    }

    @Override
    public List<byte @Nullable []> multiGet(List<byte[]> keys) {
      return rows.multiGet(keys);
    }

    @Override
    public RowIterator scan(byte[] fromInclusive, byte @Nullable [] toExclusive) {
      return rows.scan(fromInclusive, toExclusive);
    }

    @Override
    public void write(StoreBatch batch) {
      rows.write(batch);
    }

    @Override
    public @Nullable Checkpoint checkpoint() {
      return rows.checkpoint();
    }

    @Override
    public void flush() {}

    @Override
    public void startFlush() {}

    @Override
    public long approximateRows() {
      return rows.approximateRows();
    }

    @Override
    public void close() {}
  }
}
