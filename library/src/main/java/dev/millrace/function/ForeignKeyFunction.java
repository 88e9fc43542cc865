package dev.millrace.function;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * A function that takes from a value, such as the row of a table, the key of the row that the value
 * refers to in another table.
 *
 * <p><b>Threads.</b> Called by one worker at a time for a given task; an instance may be shared by
 * several workers, so it should keep no state.
 */
@FunctionalInterface
public interface ForeignKeyFunction<V, F> extends Serializable {

  /** {@return the key, or null if the value refers to no row} */
  @Nullable F foreignKey(V value) throws Exception;
}
