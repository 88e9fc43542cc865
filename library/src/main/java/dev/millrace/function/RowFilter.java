package dev.millrace.function;

import java.io.Serializable;

/**
 * A predicate on a row of a table and its key.
 *
 * <p><b>Contract.</b> Deterministic: it is called again for the old row when the row changes or is
 * deleted.
 *
 * <p><b>Threads.</b> Called by one worker at a time for a given task; an instance may be shared by
 * several workers, so it should keep no state.
 *
 * @param <K> the keys
 * @param <V> the rows
 */
@FunctionalInterface
public interface RowFilter<K, V> extends Serializable {

  /**
   * {@return whether to keep the row}
   *
   * @param key the row's key
   * @param value the row, not to be changed where another step gets it as well
   */
  boolean test(K key, V value) throws Exception;
}
