package dev.millrace.runner.supervise;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A process that a supervisor has started.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
interface Child {

  /** The start of a process. */
  interface Launcher {
    /**
     * {@return a process that has just been started, and waits for the order to begin}
     *
     * @throws RuntimeException if it cannot be started
     */
    Child launch();

    /**
     * {@return a process as of {@link #launch}, which gets ready for its turn in the meantime}
     *
     * @param present the process whose successor it is to be
     * @throws RuntimeException if it cannot be started
     */
    Child launchSpare(Child present);
  }

  /**
   * Has the process begin with its instance; called once.
   *
   * @param past what it is to know of those before it
   */
  void begin(Past past);

  long pid();

  /** {@return whether the process has not ended} */
  boolean isAlive();

  /** {@return the exit code, after all that the process has printed} */
  int awaitEnd() throws InterruptedException;

  /** Waits for the end, and for what the process has printed; returns whether it came in time. */
  boolean awaitEnd(Duration atMost) throws InterruptedException;

  /** Asks the process to stop in good order, by SIGTERM. */
  void stop();

  /** Ends the process at once, by SIGKILL. */
  void kill();

  /** {@return who the process is, once it has reported that} */
  Optional<ChildReport.Started> identity();

  /** {@return where the process can be asked by HTTP, once it has reported that} */
  Optional<InetSocketAddress> serving();

  /** {@return when the process reported that all of its tasks were open, by the clock's nanos} */
  OptionalLong runningSinceNanos();

  /** {@return the last lines of its stderr} */
  List<String> lastLines();
}
