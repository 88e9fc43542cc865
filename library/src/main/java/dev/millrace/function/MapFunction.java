package dev.millrace.function;

import java.io.Serializable;

/**
 * A function that turns one value into another.
 *
 * <p><b>Threads.</b> Called by one worker at a time for a given task; an instance may be shared by
 * several workers, so it should keep no state.
 */
@FunctionalInterface
public interface MapFunction<T, R> extends Serializable {

  /**
   * {@return the value to pass on, never null}
   *
   * @param value the value, not to be changed where another step gets it as well
   */
  R apply(T value) throws Exception;
}
