package dev.millrace.internal.state.disk;

import java.nio.file.Path;

/**
 * The directory of one task's state, locked for this process until it is closed. The store in it
 * must be closed first. If another owner has made a newer directory meanwhile, this one is deleted
 * when it is closed.
 *
 * <p><b>Threads.</b> May be closed by any thread.
 */
public final class TaskDirectory implements TaskSlot {

  static final String SEQUENCE = "sequence";

  private final Path path;
  private final FileGuard guard;
  private final Runnable parting;

  /**
   * Takes the lock over.
   *
   * @param parting called before unlocking
   */
  TaskDirectory(Path path, FileGuard guard, Runnable parting) {
    this.path = path;
    this.guard = guard;
    this.parting = parting;
  }

  @Override
  public Path path() {
    return path;
  }

  @Override
  public void noteSequence(long sequence) {
    PrivateFiles.writeAtomically(path.resolve(SEQUENCE), sequence + "\n");
  }

  @Override
  public void close() {
    try {
      parting.run();
    } finally {
      guard.close();
    }
  }
}
