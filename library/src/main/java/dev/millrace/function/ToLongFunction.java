package dev.millrace.function;

import java.io.Serializable;

/**
 * A function that gives a number for a value.
 *
 * <p><b>Threads.</b> Called by one worker at a time for a given task; an instance may be shared by
 * several workers, so it should keep no state.
 */
@FunctionalInterface
public interface ToLongFunction<T> extends Serializable {

  /** {@return the number} */
  long apply(T value) throws Exception;
}
