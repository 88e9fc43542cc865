package dev.millrace.runner.supervise;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A process that is started before it is needed, if one is wanted: there is at most one at a time,
 * and a process gets at most one successor, so that spares which die cost nothing but a line of the
 * log.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
final class Spare implements AutoCloseable {

  private static final Logger LOGGER = LoggerFactory.getLogger(Spare.class);

  private final Child.Launcher launcher;
  private final boolean wanted;
  private @Nullable Child ready;
  private @Nullable Child predecessor;
  private boolean closed;

  Spare(Child.Launcher launcher, boolean wanted) {
    this.launcher = launcher;
    this.wanted = wanted;
  }

  boolean isWanted() {
    return wanted;
  }

  /** Starts the successor of a process, once that has worked steadily; called now and then. */
  synchronized void look(Child present, long nowNanos) {
    if (closed
        || predecessor == present
        || present.runningSinceNanos().isEmpty()
        || nowNanos - present.runningSinceNanos().getAsLong() < RestartPolicy.STEADY.toNanos()) {
      return;
    }
    predecessor = present;
    if (ready != null && ready.isAlive()) {
      return;
    }
    try {
      ready = launcher.launchSpare(present);
      LOGGER.atInfo().addKeyValue("pid", ready.pid()).log("Spare process started");
    } catch (RuntimeException e) {
      LOGGER
          .atWarn()
          .addKeyValue("cause", e.getMessage())
          .log("There is no spare process; a restart takes as long as without one");
    }
  }

  /** {@return the process that is to be the next; empty if there is none} */
  synchronized Optional<Child> take() {
    Child next = ready;
    ready = null;
    if (next != null && !next.isAlive()) {
      LOGGER.atWarn().addKeyValue("pid", next.pid()).log("The spare process has died");
      next = null;
    }
    return Optional.ofNullable(next);
  }

  /** Ends the process that waits, if there is one; no other is started. */
  @Override
  public synchronized void close() {
    closed = true;
    take().ifPresent(Child::kill);
  }
}
