package dev.millrace.function;

/**
 * The receiver of the results of a function that may have several.
 *
 * <p><b>Threads.</b> Confined to the call it was handed to.
 */
@FunctionalInterface
public interface Collector<R> {

  /**
   * Passes one result on. It has the event time of the record that is being processed; where a
   * function gets the records of a window, the last millisecond of that.
   *
   * <p>Results go to the next steps when the call has succeeded. So an object that is emitted,
   * changed and emitted again arrives twice as it was at the end.
   *
   * @param result not null
   * @throws IllegalStateException if the call it was handed to is over
   * @throws NullPointerException if the result is null, with which the function has failed
   */
  void emit(R result);
}
