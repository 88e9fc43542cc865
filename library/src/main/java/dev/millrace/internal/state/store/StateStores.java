package dev.millrace.internal.state.store;

import java.nio.file.Path;
import java.util.Optional;

/**
 * The state stores of one instance, which share its memory budget.
 *
 * <p><b>Threads.</b> Safe for any thread; the stores it opens are confined to their workers.
 */
public interface StateStores extends AutoCloseable {

  /**
   * Opens the store in a task's directory, and makes it if there is none.
   *
   * @throws DamagedStateException if what is there cannot be read: wipe it and open again
   * @throws dev.millrace.error.StateStoreException if it cannot be opened for another reason
   */
  StateStore open(Path taskDirectory);

  /**
   * Deletes the store in a task's directory, which must not be open. The rest of the directory
   * stays.
   *
   * @throws dev.millrace.error.StateStoreException if files cannot be deleted
   */
  void wipe(Path taskDirectory);

  /** {@return the memory that the stores share; empty if they are on the heap, or closed} */
  default Optional<SharedMemory> sharedMemory() {
    return Optional.empty();
  }

  /** Releases what the stores share. All of them must be closed by then. */
  @Override
  void close();
}
