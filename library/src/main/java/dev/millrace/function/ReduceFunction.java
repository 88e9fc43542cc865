package dev.millrace.function;

import java.io.Serializable;

/**
 * A function that combines two values of one key. It must be associative: partial results are
 * combined in any grouping, though in order.
 *
 * <p><b>Threads.</b> Called by one worker at a time for a given task; an instance may be shared by
 * several workers, so it should keep no state.
 */
@FunctionalInterface
public interface ReduceFunction<T> extends Serializable {

  /**
   * {@return the combination}
   *
   * <p>It may be the left argument, changed; the right one may be returned, but must not be
   * changed. A function that returns null has failed, like one that throws.
   */
  T reduce(T left, T right) throws Exception;
}
