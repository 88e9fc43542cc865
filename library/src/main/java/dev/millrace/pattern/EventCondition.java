package dev.millrace.pattern;

import java.io.Serializable;

/**
 * A condition on an event.
 *
 * <p><b>Contract.</b> Depends on nothing but the event: it is evaluated once for an event, whatever
 * the number of partial matches that may take it.
 *
 * <p><b>Threads.</b> Called by one worker at a time for a given task; an instance may be shared by
 * several workers, so it should keep no state.
 */
@FunctionalInterface
public interface EventCondition<T> extends Serializable {

  /** {@return whether the event is what the stage looks for} */
  boolean test(T event) throws Exception;
}
