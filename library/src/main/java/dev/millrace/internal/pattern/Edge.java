package dev.millrace.internal.pattern;

import java.util.List;

/**
 * The way from one place of an automaton to another, which an event is taken along; or to the end
 * of the pattern, which is reached when its time is over.
 *
 * @param target the place, or {@link #END}
 * @param contiguity the events that may lie on the way
 * @param repeats whether both places are the same stage's, one time after another
 * @param nots the events that must not come on the way, its own end included
 * @param unless the edges of the same place of which none may be able to take an event that comes
 *     on this way, as bits: those of greedy stages that are left by it
 * @param gapMs how long after the event before it is open, in milliseconds; {@link #ALWAYS}
 */
public record Edge(
    int target,
    Contiguity contiguity,
    boolean repeats,
    List<Element.Not> nots,
    long unless,
    long gapMs) {

  /** In {@code target}: nothing more is to come, but something must not. */
  public static final int END = -1;

  /** In {@code gapMs}: it stays open. */
  public static final long ALWAYS = Long.MAX_VALUE;

  /** Copies the list. */
  public Edge {
    nots = List.copyOf(nots);
  }

  /** {@return whether time takes it, rather than an event} */
  public boolean isEnd() {
    return target == END;
  }

  /** {@return whether it matters to it which event is the very next one} */
  boolean isForNext() {
    return contiguity == Contiguity.STRICT || nots.stream().anyMatch(Element.Not::onlyNext);
  }
}
