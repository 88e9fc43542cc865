package dev.millrace.internal.pattern;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The matcher of a pattern: it runs an automaton over the events of one key after the other, in
 * their order.
 *
 * <p>The rules, for each run that has an edge open that the event may concern:
 *
 * <ul>
 *   <li>M1: an edge is closed by an event that must not come on it; with {@code notNext} only by
 *       the very next one.
 *   <li>M2: a strict edge is open for the very next event only.
 *   <li>M3: an edge takes the event if the condition of its target holds, and its {@code until}
 *       does not. What it takes becomes a run of its own.
 *   <li>M4: an edge to the next time of a stage is closed by {@code until}.
 *   <li>M5: an edge that leaves a greedy stage is closed, and does not take the event, if the stage
 *       could take it.
 *   <li>M6: a relaxed edge is closed by an event that it could take; one for any events stays open.
 *   <li>M7: each event may be the first of a match.
 *   <li>M8: a run whose place accepts is a match. So is one whose edge to the end is open when its
 *       time is over.
 *   <li>M9: edges close when the time of the whole pattern, or their own, is over. A run that has
 *       none left by that, and was no match, is a partial match that has timed out.
 *   <li>M10: with a skip strategy, matches are emitted by their start, then in the order in which
 *       they became complete, then as {@link Path#compare} has it; each waits until no run with an
 *       earlier start has edges open. Then others are dropped as the strategy demands.
 *   <li>M11: the same events at the same stages are one match, and one partial match: it times out
 *       with the last run of them, and only if none was a match.
 * </ul>
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class Matcher {

  private final Automaton automaton;
  private final KeyLimit mostRuns;
  private final KeyLimit mostEvents;
  private final Answers answers;

  /**
   * Creates a matcher.
   *
   * @param mostRuns how many runs with open edges a key may have
   * @param mostEvents how many events its runs may keep
   */
  public Matcher(Automaton automaton, KeyLimit mostRuns, KeyLimit mostEvents) {
    this.automaton = automaton;
    this.mostRuns = mostRuns;
    this.mostEvents = mostEvents;
    this.answers = new Answers(automaton);
  }

  /**
   * Takes the next event of a key. Everything that is due at its time, or earlier, has to be fired
   * before.
   *
   * @throws Exception if a condition fails, or there are too many runs or events; nothing is
   *     changed then
   */
  public void onEvent(MatchState state, long timeMs, Object value, MatchResults results)
      throws Exception {
    RunHead head = state.head();
    answers.begin(value);
    if (mayChange(head)) {
      MatchStep step = step(state, head);
      step.take(timeMs);
      step.apply(results);
    }
  }

  /** Whether an event may change anything: most of them concern no run of their key. */
  private boolean mayChange(@Nullable RunHead head) throws Exception {
    if (head != null) {
      boolean areNew = head.newest() != RunHead.NONE_NEW;
      List<Integer> live = head.live();
      for (int i = 0; i < live.size(); i++) {
        if (live.get(i) > 0) {
          Place place = automaton.places().get(i);
          if ((areNew && place.dependsOnNext()) || answers.mayConcern(place)) {
            return true;
          }
        }
      }
    }
    return answers.mayBegin();
  }

  /**
   * Closes edges whose time is over.
   *
   * @param due all runs of the key that are due at this time; some may be gone
   */
  public void onTime(MatchState state, long nowMs, List<RunId> due, MatchResults results) {
    MatchStep step = step(state, state.head());
    step.expire(nowMs, due);
    step.apply(results);
  }

  /** Drops the runs that have started first, until no more than so many events are kept. */
  public void onTooManyEvents(MatchState state, int events, MatchResults results) {
    MatchStep step = step(state, state.head());
    step.dropUntil(events);
    step.apply(results);
  }

  /** Ends a key's input: nothing that waits can be kept from being emitted any more. */
  public void onEnd(MatchState state, MatchResults results) {
    MatchStep step = step(state, state.head());
    step.end();
    step.apply(results);
  }

  private MatchStep step(MatchState state, @Nullable RunHead head) {
    return new MatchStep(
        automaton, answers, mostRuns, mostEvents, state, head == null ? RunHead.NONE : head);
  }
}
