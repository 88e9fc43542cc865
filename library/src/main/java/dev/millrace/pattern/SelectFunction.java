package dev.millrace.pattern;

import java.io.Serializable;

/**
 * A function that makes a result of a match.
 *
 * <p><b>Threads.</b> Called by one worker at a time for a given task; an instance may be shared by
 * several workers, so it should keep no state.
 */
@FunctionalInterface
public interface SelectFunction<T, R> extends Serializable {

  /** {@return the result, never null} */
  R select(Match<T> match) throws Exception;
}
