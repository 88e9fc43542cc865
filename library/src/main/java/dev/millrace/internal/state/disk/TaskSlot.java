package dev.millrace.internal.state.disk;

import java.nio.file.Path;

/**
 * The place of one task's state, held by this process until it is closed. The store in it must be
 * closed first.
 *
 * <p><b>Threads.</b> May be closed by any thread.
 */
public interface TaskSlot extends AutoCloseable {

  /** {@return the directory that the store is to be put into} */
  Path path();

  /**
   * Notes the last transaction in the store, for {@link InstanceSlot#sequenceOf}: the placement of
   * tasks needs it without opening the store.
   */
  void noteSequence(long sequence);

  @Override
  void close();
}
