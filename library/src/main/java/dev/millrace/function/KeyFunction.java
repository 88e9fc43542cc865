package dev.millrace.function;

import java.io.Serializable;

/**
 * A function that gives the key of a value, by which {@code keyBy} distributes.
 *
 * <p><b>Threads.</b> Called by one worker at a time for a given task; an instance may be shared by
 * several workers, so it should keep no state.
 */
@FunctionalInterface
public interface KeyFunction<T, K> extends Serializable {

  /**
   * {@return the key; null goes to the error policy}
   *
   * @param value the value, not to be changed where another step gets it as well
   */
  K key(T value) throws Exception;
}
