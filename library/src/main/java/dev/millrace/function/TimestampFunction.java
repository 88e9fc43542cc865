package dev.millrace.function;

import java.io.Serializable;

/**
 * A function that gives the event time of a value.
 *
 * <p><b>Threads.</b> Called by one worker at a time for a given task; an instance may be shared by
 * several workers, so it should keep no state.
 */
@FunctionalInterface
public interface TimestampFunction<T> extends Serializable {

  /** {@return when the event happened} */
  java.time.Instant timestamp(T value) throws Exception;
}
