package dev.millrace.output;

import java.io.Serializable;

/**
 * A predicate that may also emit to side outputs.
 *
 * <p><b>Threads.</b> Called by one worker at a time for a given task; an instance may be shared by
 * several workers, so it should keep no state.
 */
@FunctionalInterface
public interface SideOutputFilter<T> extends Serializable {

  /**
   * {@return true if the value stays in the stream}
   *
   * @param value the value, not to be changed where another step gets it as well
   * @param outputs the step's side outputs; valid during this call only
   */
  boolean keep(T value, SideOutputs outputs) throws Exception;
}
