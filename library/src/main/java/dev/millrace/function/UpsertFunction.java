package dev.millrace.function;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * A function that gives the row of a table that a value stands for.
 *
 * <p><b>Threads.</b> Called by one worker at a time for a given task; an instance may be shared by
 * several workers, so it should keep no state.
 *
 * @param <T> the values
 * @param <V> the rows
 */
@FunctionalInterface
public interface UpsertFunction<T, V> extends Serializable {

  /**
   * {@return the row, or null to delete it}
   *
   * @param value the value, not to be changed where another step gets it as well
   */
  @Nullable V apply(T value) throws Exception;
}
