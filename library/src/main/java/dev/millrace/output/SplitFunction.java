package dev.millrace.output;

import java.io.Serializable;

/**
 * Sorts values: writes what it wants to side outputs, and says whether the value itself goes on.
 *
 * <p><b>Threads.</b> Called by one worker at a time for a given task; an instance may be shared by
 * several workers, so it should keep no state.
 */
@FunctionalInterface
public interface SplitFunction<T> extends Serializable {

  /** {@return true if the value stays in the stream} */
  boolean keep(T value, SideOutputs outputs) throws Exception;
}
