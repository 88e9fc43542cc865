package dev.millrace.function;

/**
 * The receiver of the results of a function that may have several.
 *
 * <p><b>Threads.</b> Confined to the call it was handed to.
 */
@FunctionalInterface
public interface Collector<R> {

  /**
   * Passes one result on; its event time is that of the record being processed, or the last one of
   * the window if it is of many.
   *
   * @throws IllegalStateException if the call it was handed to is over
   */
  void emit(R value);
}
