package dev.millrace.pattern;

import java.io.Serializable;

/**
 * A condition on an event that depends on the events that the match has taken before.
 *
 * <p>It is evaluated for each partial match that might take the event, so it should look at the
 * event first.
 *
 * <p><b>Threads.</b> Called by one worker at a time for a given task; an instance may be shared by
 * several workers, so it should keep no state.
 */
@FunctionalInterface
public interface MatchCondition<T> extends Serializable {

  /**
   * {@return whether the event is what the stage looks for}
   *
   * @param soFar what was taken before the event; of use during the call only
   */
  boolean test(T event, Match<T> soFar) throws Exception;
}
