package dev.millrace.internal.state;

import java.nio.file.Path;

/**
 * The directory of one task's state, locked for this process until it is closed. The store in it
 * must be closed first.
 *
 * <p><b>Threads.</b> May be closed by any thread.
 */
public final class TaskDirectory implements TaskSlot {

  static final String SEQUENCE = "sequence";

  private final Path path;
  private final FileGuard guard;

  TaskDirectory(Path path, FileGuard guard) {
    this.path = path;
    this.guard = guard;
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
    guard.close();
  }
}
