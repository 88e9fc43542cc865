package dev.millrace.output;

/**
 * The side outputs of a step, to which its function writes what is not a result.
 *
 * <p><b>Threads.</b> Confined to the worker that calls the function; of no use after the call.
 */
public interface SideOutputs {

  /**
   * Writes a value to a side output. If the function fails, nothing of what it wrote remains.
   *
   * @param value not null; it is passed on when the call has succeeded, in its state at that time
   * @throws IllegalArgumentException if the operator was not given this tag
   * @throws IllegalStateException if the call is over
   * @throws NullPointerException if the value is null, with which the function has failed
   */
  <T> void emit(OutputTag<T> tag, T value);
}
