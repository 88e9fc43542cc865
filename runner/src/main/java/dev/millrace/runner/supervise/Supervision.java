package dev.millrace.runner.supervise;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The state of a supervised instance, as its supervisor sees it.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param phase what the supervisor does
 * @param since when that began
 * @param job the job, once an instance has reported it
 * @param instance the instance's name, once it has reported that; a restart does not change it
 * @param pid the process id of the instance, if one runs
 * @param nextStart when the next one is started, if that is waited for
 * @param past the restarts until now, and why there was the last one
 */
public record Supervision(
    Phase phase,
    Instant since,
    Optional<String> job,
    Optional<String> instance,
    OptionalLong pid,
    Optional<Instant> nextStart,
    Past past) {

  /** The phases of a supervised instance. */
  public enum Phase {
    /** The instance starts: it reads tables, joins its groups, restores state. */
    STARTING,
    /** The instance is at work. */
    RUNNING,
    /** The instance is dead, and is started again soon. */
    WAITING,
    /** The supervisor is asked to stop, and waits for the instance to do so. */
    STOPPING,
    /** The instance has ended, and is not started again. */
    ENDED
  }
}
