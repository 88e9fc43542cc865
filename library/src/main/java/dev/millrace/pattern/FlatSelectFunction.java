package dev.millrace.pattern;

import dev.millrace.function.Collector;
import java.io.Serializable;

/**
 * A function that makes any number of results of a match.
 *
 * <p><b>Threads.</b> Called by one worker at a time for a given task; an instance may be shared by
 * several workers, so it should keep no state.
 */
@FunctionalInterface
public interface FlatSelectFunction<T, R> extends Serializable {

  /** Emits the results of a match. */
  void select(Match<T> match, Collector<R> results) throws Exception;
}
