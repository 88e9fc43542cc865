package dev.millrace.internal.state.disk;

import dev.millrace.error.StateStoreException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A lock file held by this process.
 *
 * <p>The operating system's locks belong to the process, not to the channel: closing <i>any</i>
 * channel of a file releases the lock. So a file that this JVM has locked must not even be opened a
 * second time, which the set of held paths sees to. A killed process's locks are gone with it.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
final class FileGuard implements AutoCloseable {

  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path path;
  private final FileChannel channel;

  private FileGuard(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  /**
   * {@return the lock on {@code directory/lock}, or null if this or another process has it, or the
   * directory is just being deleted}
   *
   * @throws StateStoreException if the file cannot be made or locked at all
   */
  static @Nullable FileGuard tryLock(Path directory) {
    Path path = directory.resolve("lock");
    try {
      // Two names of one directory must be one entry of the set.
      path = directory.toRealPath().resolve("lock");
      if (!HELD.add(path)) {
        return null;
      }
      FileGuard guard = null;
      try {
        guard = lock(path);
        return guard;
      } finally {
        if (guard == null) {
          HELD.remove(path);
        }
      }
    } catch (NoSuchFileException e) {
      return null;
    } catch (IOException e) {
      throw new StateStoreException(
          "Cannot lock "
              + path
              + ": "
              + e
              + ". Check the permissions, and that the file system has locks",
          e);
    }
  }

  private static @Nullable FileGuard lock(Path path) throws IOException {
    PrivateFiles.createFile(path);
    FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE);
    boolean locked = false;
    try {
      FileLock lock = channel.tryLock();
      locked = lock != null;
      return locked ? new FileGuard(path, channel) : null;
    } finally {
      if (!locked) {
        channel.close();
      }
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new StateStoreException("Cannot unlock " + path + ": " + e + ". Restart", e);
    } finally {
      HELD.remove(path);
    }
  }
}
