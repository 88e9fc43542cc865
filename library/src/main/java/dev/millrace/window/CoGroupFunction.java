package dev.millrace.window;

import dev.millrace.function.Collector;
import java.io.Serializable;

/**
 * A function of all records that two streams have of a key in a window.
 *
 * <p><b>Threads.</b> Called by one worker at a time for a given task; an instance may be shared by
 * several workers, so it should keep no state.
 *
 * @param <K> the keys
 * @param <L> the values of the left stream
 * @param <R> the values of the right stream
 * @param <T> the results
 */
@FunctionalInterface
public interface CoGroupFunction<K, L, R, T> extends Serializable {

  /**
   * Makes any number of results of a group.
   *
   * @param key the key
   * @param window the window, which is final: none of its records is missing but those that are
   *     late
   * @param left its left records; to be read during this call only
   * @param right its right records; one side may be empty, never both
   * @param out takes the results, which get the time of the window, its last millisecond; valid
   *     during this call only
   */
  void apply(K key, Window window, Records<L> left, Records<R> right, Collector<T> out)
      throws Exception;
}
