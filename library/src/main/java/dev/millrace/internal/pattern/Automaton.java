package dev.millrace.internal.pattern;

import java.util.List;

/**
 * The automaton that a pattern is compiled to.
 *
 * @param stages the names of the stages, in the order of the pattern
 * @param places the places, which runs refer to by their numbers
 * @param starts the ways to the first event
 * @param withinMs how long a match may last, in milliseconds, or {@link Edge#ALWAYS}
 * @param skip what becomes of other matches when one is emitted
 * @param isAmbiguous whether the same events may be taken by the same stages in several ways
 * @param hasGaps whether some runs have an end in time that others of the same start do not have
 */
public record Automaton(
    List<String> stages,
    List<Place> places,
    List<Edge> starts,
    long withinMs,
    Skip skip,
    boolean isAmbiguous,
    boolean hasGaps) {

  /** The most places; a pattern of more would be no pattern but a list. */
  static final int MAX_PLACES = 5_000;

  /** Copies the lists. */
  public Automaton {
    stages = List.copyOf(stages);
    places = List.copyOf(places);
    starts = List.copyOf(starts);
  }

  /** Creates an automaton. */
  Automaton(
      List<String> stages,
      List<Place> places,
      List<Edge> starts,
      long withinMs,
      Skip skip,
      boolean isAmbiguous) {
    this(
        stages,
        places,
        starts,
        withinMs,
        skip,
        isAmbiguous,
        places.stream()
            .flatMap(place -> place.edges().stream())
            .anyMatch(edge -> edge.gapMs() != Edge.ALWAYS));
  }

  /** {@return the automaton of a pattern} */
  public static Automaton of(PatternSpec pattern) {
    return new AutomatonCompiler(pattern).compile();
  }

  /** {@return whether a run may be open however many events come, and however late it is} */
  boolean mayWaitForEver() {
    return withinMs == Edge.ALWAYS
        && places.stream()
            .flatMap(place -> place.edges().stream())
            .anyMatch(
                edge -> edge.contiguity() != Contiguity.STRICT && edge.gapMs() == Edge.ALWAYS);
  }
}
