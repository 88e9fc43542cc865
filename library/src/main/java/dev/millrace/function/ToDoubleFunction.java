package dev.millrace.function;

import java.io.Serializable;

/**
 * A function that gives a floating-point number for a value.
 *
 * <p><b>Threads.</b> Called by one worker at a time for a given task; an instance may be shared by
 * several workers, so it should keep no state.
 */
@FunctionalInterface
public interface ToDoubleFunction<T> extends Serializable {

  /** {@return the number} */
  double apply(T value) throws Exception;
}
