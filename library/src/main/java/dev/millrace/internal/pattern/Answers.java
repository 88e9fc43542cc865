package dev.millrace.internal.pattern;

import java.util.IdentityHashMap;
import org.jspecify.annotations.Nullable;

/**
 * An event, and the results of conditions on it. One that is about the event alone is evaluated
 * once, for however many runs, and as part of whatever other conditions. So it is known of most
 * events that they concern nothing before any run is read.
 *
 * <p><b>Threads.</b> Confined to the task's worker; used for one event after the other.
 */
final class Answers {

  private final Automaton automaton;
  private final Path noPath;
  private final IdentityHashMap<EventTest, Answer> known = new IdentityHashMap<>(8);
  private @Nullable Object event;

  /** The number of the event, which distinguishes its answers from those of the events before. */
  private long number;

  /** The last answer of a condition, and to which event. */
  private static final class Answer {
    long number;
    boolean holds;
  }

  Answers(Automaton automaton) {
    this.automaton = automaton;
    this.noPath = Path.none(automaton.stages());
  }

  /** Begins with another event. */
  void begin(Object next) {
    event = next;
    number++;
  }

  /** {@return the event} */
  Object event() {
    Object present = event;
    if (present == null) {
      throw new IllegalStateException("Cannot give the event of a step: there is none");
    }
    return present;
  }

  /**
   * {@return whether a condition holds}
   *
   * @param soFar what was taken before the event
   */
  boolean ask(EventTest test, Path soFar) throws Exception {
    if (!test.readsMatch()) {
      return askOnce(test);
    }
    if (test instanceof EventTest.Joined joined) {
      boolean held = ask(joined.first(), soFar);
      return held == joined.goesOnIf() ? ask(joined.second(), soFar) : held;
    }
    return test.holds(event(), soFar);
  }

  private boolean askOnce(EventTest test) throws Exception {
    Answer answer = known.get(test);
    if (answer == null) {
      answer = new Answer();
      known.put(test, answer);
    }
    if (answer.number != number) {
      answer.holds = test.holds(event(), noPath);
      answer.number = number;
    }
    return answer.holds;
  }

  // ------------------------------------------------------------------ without the match so far

  /** {@return the path before the first event} */
  Path noPath() {
    return noPath;
  }

  /** {@return whether the event may begin a match} */
  boolean mayBegin() throws Exception {
    for (Edge edge : automaton.starts()) {
      if (mayHold(automaton.places().get(edge.target()).test())) {
        return true;
      }
    }
    return false;
  }

  /**
   * {@return whether the event may change anything for runs at a place which the event before has
   * not made: to those it does not matter any more what comes right after another}
   */
  boolean mayConcern(Place place) throws Exception {
    for (Edge edge : place.edges()) {
      if (edge.contiguity() == Contiguity.STRICT) {
        continue;
      }
      for (Element.Not not : edge.nots()) {
        if (!not.onlyNext() && mayHold(not.test())) {
          return true;
        }
      }
      if (!edge.isEnd()) {
        Place target = automaton.places().get(edge.target());
        if (mayHold(target.test())
            || (edge.repeats() && target.until().isPresent() && mayHold(target.until().get()))) {
          return true;
        }
      }
    }
    return false;
  }

  /** Whether a condition may hold for some match so far. */
  private boolean mayHold(EventTest test) throws Exception {
    if (!test.readsMatch()) {
      return askOnce(test);
    }
    if (!(test instanceof EventTest.Joined joined)) {
      return true;
    }
    boolean may = mayHold(joined.first());
    if (may != joined.goesOnIf()) {
      return may;
    }
    // What is asked only for some matches is not asked before it is known for which.
    return (may && joined.first().readsMatch()) || mayHold(joined.second());
  }
}
