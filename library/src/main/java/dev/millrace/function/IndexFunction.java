package dev.millrace.function;

import java.io.Serializable;

/**
 * A function that makes the value that belongs to an index.
 *
 * <p>The same index must give an equal value at any time and on any instance: after a failure
 * values are made again.
 *
 * <p><b>Threads.</b> Called by several workers at a time, so it should keep no state.
 */
@FunctionalInterface
public interface IndexFunction<T> extends Serializable {

  /** {@return the value, never null} */
  T at(long index) throws Exception;
}
