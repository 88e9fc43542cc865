package dev.millrace.function;

import java.io.Serializable;

/**
 * An action that looks at values that pass by.
 *
 * <p><b>Threads.</b> Called by one worker at a time for a given task; an instance may be shared by
 * several workers, so it should keep no state.
 */
@FunctionalInterface
public interface PeekFunction<T> extends Serializable {

  /**
   * Called for each value; runs again when a transaction is replayed.
   *
   * @param value the value, not to be changed where another step gets it as well
   */
  void accept(T value) throws Exception;
}
