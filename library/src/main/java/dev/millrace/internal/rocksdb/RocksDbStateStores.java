package dev.millrace.internal.rocksdb;

import dev.millrace.error.StateStoreException;
import dev.millrace.internal.state.store.MemoryStateStores;
import dev.millrace.internal.state.store.SharedMemory;
import dev.millrace.internal.state.store.StateStore;
import dev.millrace.internal.state.store.StateStores;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The RocksDB databases of an instance, each in the directory {@code rocksdb} of a task's
 * directory.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
public final class RocksDbStateStores implements StateStores {

  private static final Logger LOG = LoggerFactory.getLogger(RocksDbStateStores.class);

  private final StateMemory memory;
  private boolean closed;

  /** Opens stores that share {@code memory}, which is closed with this. */
  public RocksDbStateStores(StateMemory memory) {
    this.memory = memory;
  }

  /**
   * {@return stores in RocksDB, or on the heap where its native library cannot be loaded, with one
   * warning}
   *
   * @param stateMemoryBytes the budget for native memory
   */
  public static StateStores orOnHeap(long stateMemoryBytes) {
    return orOnHeap(stateMemoryBytes, NativeLibrary::load);
  }

  static StateStores orOnHeap(long stateMemoryBytes, NativeLibrary.Loader loader) {
    try {
      NativeLibrary.load(loader);
    } catch (StateStoreException e) {
      LOG.warn(
          "State is kept on the heap and restored from the changelog at each start: {}",
          e.getMessage());
      return new MemoryStateStores();
    }
    return new RocksDbStateStores(new StateMemory(stateMemoryBytes));
  }

  /**
   * Loads the native library before the first store.
   *
   * @param stateDir a directory that keeps it unpacked for later starts
   * @throws StateStoreException if this machine cannot
   */
  public static void prepare(Path stateDir) {
    NativeLibrary.load(stateDir);
  }

  /** {@return the budget that the stores share} */
  public StateMemory memory() {
    return memory;
  }

  @Override
  public StateStore open(Path taskDirectory) {
    try {
      Files.createDirectories(taskDirectory);
    } catch (IOException e) {
      throw new StateStoreException(
          "Cannot make the directory " + taskDirectory + ": " + e + ". Check its parent", e);
    }
    return RocksDbStateStore.open(databaseIn(taskDirectory), memory);
  }

  @Override
  public void wipe(Path taskDirectory) {
    Path database = databaseIn(taskDirectory);
    if (!Files.exists(database)) {
      return;
    }
    try {
      List<Path> paths = new ArrayList<>();
      try (Stream<Path> found = Files.walk(database)) {
        found.forEach(paths::add);
      }
      for (int i = paths.size() - 1; i >= 0; i--) {
        Files.deleteIfExists(paths.get(i));
      }
    } catch (IOException e) {
      throw new StateStoreException(
          "Cannot delete the state in "
              + database
              + ": "
              + e.getMessage()
              + ". Delete the directory by hand; it is restored from the changelog",
          e);
    }
  }

  @Override
  public synchronized Optional<SharedMemory> sharedMemory() {
    // Native code does not survive a question to a closed cache.
    return closed
        ? Optional.empty()
        : Optional.of(new SharedMemory(memory.usedBytes(), memory.cacheBytes()));
  }

  @Override
  public synchronized void close() {
    closed = true;
    memory.close();
  }

  private static Path databaseIn(Path taskDirectory) {
    return taskDirectory.resolve("rocksdb");
  }
}
