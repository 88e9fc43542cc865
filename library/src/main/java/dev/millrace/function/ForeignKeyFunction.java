package dev.millrace.function;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * A function that takes from a row of one table the key of a row of another one, which it refers
 * to.
 *
 * <p><b>Threads.</b> Called by one worker at a time for a given task; an instance may be shared by
 * several workers, so it should keep no state.
 */
@FunctionalInterface
public interface ForeignKeyFunction<V, F> extends Serializable {

  /** {@return the key, or null if the row refers to none} */
  @Nullable F foreignKey(V row) throws Exception;
}
