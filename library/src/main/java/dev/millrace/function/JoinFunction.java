package dev.millrace.function;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * A function that makes one result of two values that meet in a join.
 *
 * <p>In joins that keep values without a match, the missing side is null: the right one in a left
 * join, the left one in a right join, either in an outer join, and never both.
 *
 * <p><b>Threads.</b> Called by one worker at a time for a given task; an instance may be shared by
 * several workers, so it should keep no state.
 */
@FunctionalInterface
public interface JoinFunction<L extends @Nullable Object, R extends @Nullable Object, T>
    extends Serializable {

  /** {@return the result, never null} */
  T join(L left, R right) throws Exception;
}
