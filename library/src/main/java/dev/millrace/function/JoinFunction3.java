package dev.millrace.function;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * A function that makes one row of the rows that three tables have for a key.
 *
 * <p>A table that is not needed for a result may have none; its row is null then. At least one is
 * there.
 *
 * <p><b>Threads.</b> Called by one worker at a time for a given task; an instance may be shared by
 * several workers, so it should keep no state.
 */
@FunctionalInterface
public interface JoinFunction3<
        A extends @Nullable Object, B extends @Nullable Object, C extends @Nullable Object, T>
    extends Serializable {

  /** {@return the row, never null} */
  T join(A first, B second, C third) throws Exception;
}
