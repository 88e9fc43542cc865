package dev.millrace.function;

import java.io.Serializable;

/**
 * A function that turns one value into any number of values.
 *
 * <p><b>Threads.</b> Called by one worker at a time for a given task; an instance may be shared by
 * several workers, so it should keep no state.
 */
@FunctionalInterface
public interface FlatMapFunction<T, R> extends Serializable {

  /**
   * Makes any number of results of a value.
   *
   * @param value the value, not to be changed where another step gets it as well
   * @param out takes the results; valid during this call only
   */
  void apply(T value, Collector<R> out) throws Exception;
}
