package dev.millrace.window;

import java.io.Serializable;

/**
 * A function that makes a result of a key, a window and the aggregate over it.
 *
 * <p><b>Threads.</b> Called by one worker at a time for a given task; an instance may be shared by
 * several workers, so it should keep no state.
 */
@FunctionalInterface
public interface WindowFunction<K, A, R> extends Serializable {

  /** {@return the result, never null} */
  R apply(K key, Window window, A aggregate) throws Exception;
}
