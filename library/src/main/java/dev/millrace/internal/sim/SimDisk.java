package dev.millrace.internal.sim;

import dev.millrace.internal.state.Checkpoint;
import dev.millrace.internal.state.InMemoryStateStore;
import dev.millrace.internal.state.RowIterator;
import dev.millrace.internal.state.StateStore;
import dev.millrace.internal.state.StateStores;
import dev.millrace.internal.state.StoreBatch;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Stores in memory that survive their processes, as files on a disk do.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
public final class SimDisk implements StateStores {

  private final Map<Path, InMemoryStateStore> stores = new HashMap<>();

  @Override
  public StateStore open(Path taskDirectory) {
    return new OnDisk(stores.computeIfAbsent(taskDirectory, absent -> new InMemoryStateStore()));
  }

  @Override
  public void wipe(Path taskDirectory) {
    stores.remove(taskDirectory);
  }

  /** Loses everything. */
  public void clear() {
    stores.clear();
  }

  @Override
  public void close() {}

  /** The store as one process has it open. */
  private record OnDisk(InMemoryStateStore rows) implements StateStore {

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
