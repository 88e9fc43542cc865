package dev.millrace.window;

import java.io.Serializable;
import java.time.Duration;

/**
 * A function that decides how long a session stays open after a record.
 *
 * <p><b>Contract.</b> The gap is at least one millisecond; anything less is an error of the record.
 * The same record must always get the same gap.
 *
 * <p><b>Threads.</b> Called by one worker at a time for a given task; an instance may be shared by
 * several workers, so it should keep no state.
 */
@FunctionalInterface
public interface GapFunction<T> extends Serializable {

  /** {@return the gap after this record} */
  Duration gap(T value) throws Exception;
}
