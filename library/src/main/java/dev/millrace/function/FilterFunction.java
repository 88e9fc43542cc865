package dev.millrace.function;

import java.io.Serializable;

/**
 * A predicate that decides whether a value stays in the stream.
 *
 * <p><b>Threads.</b> Called by one worker at a time for a given task; an instance may be shared by
 * several workers, so it should keep no state.
 */
@FunctionalInterface
public interface FilterFunction<T> extends Serializable {

  /**
   * {@return true to keep the value}
   *
   * @param value the value, not to be changed where another step gets it as well
   */
  boolean test(T value) throws Exception;
}
