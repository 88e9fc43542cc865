package dev.millrace.runner.host;

import dev.millrace.runner.output.Terminal;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The resources to close in good order when a command ends, be it by a signal: the newest first.
 *
 * <p>A signal runs the JVM's shutdown hooks and then ends it with 128 and the signal's number.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
public final class Closing implements AutoCloseable {

  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private final Terminal terminal;
  private final Thread hook = new Thread(this::closeAll, "shutdown");

  /** Creates an empty list, which a signal closes. */
  public Closing(Terminal terminal) {
    this.terminal = terminal;
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** {@return what was given, which is now to be closed} */
  public synchronized <T extends AutoCloseable> T add(T closeable) {
    open.push(closeable);
    return closeable;
  }

  private synchronized void closeAll() {
    while (!open.isEmpty()) {
      try {
        open.pop().close();
      } catch (Exception e) {
        terminal.err().println("Not stopped in good order: " + e.getMessage());
      }
    }
  }

  @Override
  public void close() {
    closeAll();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException alreadyShuttingDown) {
      // Then the hook runs, and finds nothing left.
    }
  }
}
