package dev.millrace.window;

import java.io.Serializable;
import java.time.Instant;
import java.util.Optional;

/**
 * A rule that cuts the records of a key into panes: it decides when one is complete.
 *
 * <p><b>Contract.</b> A pure function of the pane, which the engine keeps. A pane that fires is
 * emitted as a final result over the records since the last firing, and the next begins empty. What
 * has not fired when the input ends is not emitted, unless there is a deadline in event time, which
 * the end of time passes.
 *
 * <p><b>Threads.</b> Called by one worker at a time for a given task; an instance may be shared by
 * several workers, so it should keep no state.
 *
 * @param <T> the records
 */
public interface Trigger<T> extends Serializable {

  /** {@return whether the pane is complete with this record, which is part of it} */
  boolean completes(T value, Pane pane) throws Exception;

  /** {@return the event time that completes the pane when the watermark reaches it} */
  default Optional<Instant> eventTimeDeadline(Pane pane) {
    return Optional.empty();
  }

  /**
   * {@return whether it has deadlines in event time, for which the sources need watermarks; a job
   * whose sources have none is refused then}
   */
  default boolean needsEventTime() {
    return false;
  }

  /** {@return the reading of the worker's clock that completes the pane} */
  default Optional<Instant> clockDeadline(Pane pane) {
    return Optional.empty();
  }

  /** {@return a short description for plans} */
  default String describe() {
    return "custom trigger";
  }
}
