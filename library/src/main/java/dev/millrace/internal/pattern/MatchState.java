package dev.millrace.internal.pattern;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The state of a pattern for one key: what the matcher needs of a store.
 *
 * <p>The matcher changes nothing before all conditions of the program have been asked: a call that
 * fails has read only.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public interface MatchState {

  /** {@return the head; null if there are no runs} */
  @Nullable RunHead head();

  /** Sets the head, or removes it: the last thing that a step does if it changes anything. */
  void head(@Nullable RunHead head);

  /**
   * {@return the live runs at a place; others that lie there may be among them}
   *
   * @param after the number that theirs have to be greater than
   */
  List<Run> live(int place, long after);

  /** {@return all runs at a place} */
  List<Run> runs(int place);

  /** {@return a run; null if it is not there} */
  @Nullable Run run(int place, long id);

  /** Adds a run. */
  void add(Run run);

  /** Replaces a run. */
  void replace(Run before, Run after);

  /** Removes a run. */
  void remove(Run run);

  /** {@return an event that is the last one of some run} */
  TakenEvent<Object> event(long number);

  /** Adds an event. */
  void addEvent(long number, TakenEvent<Object> event);

  /** Replaces an event, which has the same value. */
  void replaceEvent(long number, TakenEvent<Object> event);

  /** Removes an event. */
  void removeEvent(long number);
}
