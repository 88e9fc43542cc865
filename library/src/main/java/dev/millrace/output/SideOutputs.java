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
   * @throws IllegalArgumentException if the operator was not given this tag
   * @throws IllegalStateException if the call is over
   */
  <T> void emit(OutputTag<T> tag, T value);
}
