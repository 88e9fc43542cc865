package dev.millrace.function;

import java.io.Serializable;

/**
 * A function of a row of a table and its key.
 *
 * <p><b>Contract.</b> Deterministic: when a row changes or is deleted, the function is called again
 * on the old row, to take back the result that was made of it.
 *
 * <p><b>Threads.</b> Called by one worker at a time for a given task; an instance may be shared by
 * several workers, so it should keep no state.
 *
 * @param <K> the keys
 * @param <V> the rows
 * @param <R> the results
 */
@FunctionalInterface
public interface RowFunction<K, V, R> extends Serializable {

  /**
   * {@return the result, never null}
   *
   * @param key the row's key
   * @param value the row, not to be changed where another step gets it as well
   */
  R apply(K key, V value) throws Exception;
}
