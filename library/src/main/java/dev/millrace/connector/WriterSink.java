package dev.millrace.connector;

import java.time.Duration;
import java.util.Optional;

/**
 * A sink of your own, tied into the commit protocol.
 *
 * <p><b>Contract.</b> Each task has one writer, opened with the state its predecessor prepared last
 * <i>in a transaction that committed</i>. A sink that makes output visible only in {@link
 * SinkWriter#commit} and can repeat that from the prepared state is exactly-once; one that ignores
 * both is at-least-once.
 */
public non-sealed interface WriterSink<T> extends Sink<T> {

  /** {@return a short name that stays the same, {@code [a-z0-9-]}} */
  String name();

  /**
   * Opens the writer of one task; finishes the commit of {@link SinkContext#committedState()}, if
   * that was interrupted.
   */
  SinkWriter<T> open(SinkContext context) throws Exception;

  /**
   * {@return true if prepared state must be kept in the commit frame; the stage then has a
   * changelog}
   */
  default boolean keepsState() {
    return false;
  }

  /** {@return the shortest time between commits that suits this sink} */
  default Duration minCommitInterval() {
    return Duration.ZERO;
  }

  /**
   * {@return the reaction while the system that this sink writes to is down; empty means that the
   * job stops}
   */
  default Optional<CircuitBreaker> circuitBreaker() {
    return Optional.empty();
  }
}
