package dev.millrace.devbroker;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The right to run nodes on their data, which one cluster has at a time, in this JVM or another.
 *
 * <p>Kafka has such a lock, too, but a node that is both broker and controller takes it only after
 * its controller has started. A second one on the same data would by then have elected itself and
 * written to the metadata log of the first, which may not even stop in good order after that.
 *
 * <p><b>Threads.</b> {@link #take} and {@link #close} are safe for any thread.
 */
final class NodeLocks implements AutoCloseable {

  /**
   * The files that this JVM has locked; guarded by itself. They must not be opened a second time:
   * on some systems the end of that would end the lock.
   */
  private static final Set<Path> HELD = new HashSet<>();

  private final List<Path> files = new ArrayList<>();

  /** A channel's end is the end of its lock, as is the end of its process, however it comes. */
  private final List<FileChannel> channels = new ArrayList<>();

  private NodeLocks() {}

  /**
   * Takes the locks of some nodes, or none.
   *
   * @param root the directory of the cluster, which exists
   * @param nodes numbers from 0
   * @throws DevBrokerException if one of them is taken
   * @throws IOException if the directory cannot be written
   */
  static NodeLocks take(Path root, List<Integer> nodes) throws IOException {
    Path directory = root.toRealPath();
    NodeLocks locks = new NodeLocks();
    try {
      synchronized (HELD) {
        for (int node : nodes) {
          locks.add(directory.resolve(".node-" + node + ".lock"));
        }
      }
      return locks;
    } catch (IOException | RuntimeException e) {
      locks.close();
      throw e;
    }
  }

  private void add(Path file) throws IOException {
    if (HELD.contains(file)) {
      throw taken(file);
    }
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    channels.add(channel);
    if (channel.tryLock() == null) {
      throw taken(file);
    }
    HELD.add(file);
    files.add(file);
  }

  private static DevBrokerException taken(Path file) {
    return new DevBrokerException(
        "Cannot use the data directory: another broker runs on it (directory="
            + file.getParent()
            + ", lock="
            + file.getFileName()
            + "). Stop that one, or pass another directory.");
  }

  /** Gives the locks back; a second call does nothing. */
  @Override
  public void close() {
    synchronized (HELD) {
      for (FileChannel channel : channels) {
        try {
          channel.close();
        } catch (IOException closedAllTheSame) {
          // Nothing was written to it.
        }
      }
      channels.clear();
      files.forEach(HELD::remove);
      files.clear();
    }
  }
}
