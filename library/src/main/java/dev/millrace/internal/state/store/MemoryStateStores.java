package dev.millrace.internal.state.store;

import java.nio.file.Path;

/**
 * The stores on the heap: each is empty when it is opened, to be restored from the changelog.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
public final class MemoryStateStores implements StateStores {

  @Override
  public StateStore open(Path taskDirectory) {
    return new InMemoryStateStore();
  }

  @Override
  public void wipe(Path taskDirectory) {}

  @Override
  public void close() {}
}
