package dev.millrace.internal.pattern;

import java.util.List;
import java.util.Optional;

/**
 * A place of an automaton: a stage that has taken its n-th event.
 *
 * @param stage the number of the stage, in the order of the pattern
 * @param name its name
 * @param time which time it is, from 1; the last one if there may be any number of them
 * @param test what an event has to be that is taken here
 * @param until what the stage does not take, and what ends its taking
 * @param accepts whether the pattern is complete here
 * @param edges the ways on, in the order in which they are tried
 * @param dependsOnNext whether it matters to some edge which event is the very next one
 */
public record Place(
    int stage,
    String name,
    int time,
    EventTest test,
    Optional<EventTest> until,
    boolean accepts,
    List<Edge> edges,
    boolean dependsOnNext) {

  /** The most edges of a place: so many bits are in a run. */
  static final int MAX_EDGES = 62;

  /** Copies the list. */
  public Place {
    edges = List.copyOf(edges);
  }

  /** Creates a place. */
  Place(
      int stage,
      String name,
      int time,
      EventTest test,
      Optional<EventTest> until,
      boolean accepts,
      List<Edge> edges) {
    this(stage, name, time, test, until, accepts, edges, edges.stream().anyMatch(Edge::isForNext));
  }

  /** {@return all edges, as bits} */
  public long allEdges() {
    return (1L << edges.size()) - 1;
  }
}
