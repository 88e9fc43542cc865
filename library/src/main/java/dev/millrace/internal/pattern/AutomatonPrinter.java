package dev.millrace.internal.pattern;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** The printer of automata: as text for people, as Mermaid for pictures. */
public final class AutomatonPrinter {

  /** The most places that are shown; those after them are counted. */
  private static final int MAX_SHOWN = 40;

  private AutomatonPrinter() {}

  /** {@return the automaton as lines of text, one for each place} */
  public static List<String> text(Automaton automaton) {
    List<String> lines = new ArrayList<>();
    lines.add("start -> " + ways(automaton, automaton.starts(), true));
    List<Place> places = automaton.places();
    for (int i = 0; i < Math.min(places.size(), MAX_SHOWN); i++) {
      Place place = places.get(i);
      String ways = ways(automaton, place.edges(), false);
      lines.add(
          name(automaton, i)
              + (place.accepts() ? " is a match" : "")
              + (place.accepts() && !ways.isEmpty() ? "," : "")
              + (ways.isEmpty() ? "" : " -> " + ways));
    }
    if (places.size() > MAX_SHOWN) {
      lines.add("and " + (places.size() - MAX_SHOWN) + " more places");
    }
    return lines;
  }

  private static String ways(Automaton automaton, List<Edge> edges, boolean isStart) {
    return edges.stream()
        .map(edge -> way(automaton, edges, edge, isStart))
        .collect(Collectors.joining("; "));
  }

  private static String way(Automaton automaton, List<Edge> edges, Edge edge, boolean isStart) {
    StringBuilder out = new StringBuilder();
    if (edge.isEnd()) {
      out.append("a match when its time is over");
    } else {
      out.append(name(automaton, edge.target()));
      out.append(isStart ? "" : " (" + edge.contiguity().verb() + ")");
    }
    if (edge.repeats() && automaton.places().get(edge.target()).until().isPresent()) {
      out.append(" until");
    }
    for (Element.Not not : edge.nots()) {
      out.append(not.onlyNext() ? " if not next " : " if no ").append(not.name());
    }
    for (int i = 0; i < edges.size(); i++) {
      if ((edge.unless() & (1L << i)) != 0) {
        out.append(" unless ").append(name(automaton, edges.get(i).target())).append(" takes it");
      }
    }
    if (edge.gapMs() != Edge.ALWAYS) {
      out.append(" within ").append(edge.gapMs()).append(" ms");
    }
    return out.toString();
  }

  /** {@return the automaton as a Mermaid state diagram} */
  public static String mermaid(Automaton automaton) {
    StringBuilder out = new StringBuilder("stateDiagram-v2\n  direction LR\n");
    List<Place> places = automaton.places();
    for (int i = 0; i < places.size(); i++) {
      out.append("  p").append(i).append(" : ").append(name(automaton, i)).append('\n');
    }
    for (Edge start : automaton.starts()) {
      out.append("  [*] --> p").append(start.target()).append('\n');
    }
    for (int i = 0; i < places.size(); i++) {
      for (Edge edge : places.get(i).edges()) {
        out.append("  p").append(i).append(" --> ");
        out.append(edge.isEnd() ? "[*]" : "p" + edge.target());
        out.append(" : ").append(label(edge)).append('\n');
      }
      if (places.get(i).accepts()) {
        out.append("  p").append(i).append(" --> [*]\n");
      }
    }
    return out.toString();
  }

  private static String label(Edge edge) {
    String verb = edge.isEnd() ? "time is over" : edge.contiguity().verb();
    return edge.nots().stream()
        .map(not -> (not.onlyNext() ? ", not next " : ", no ") + not.name())
        .collect(Collectors.joining("", verb, edge.unless() == 0 ? "" : ", greedy before"));
  }

  private static String name(Automaton automaton, int place) {
    Place at = automaton.places().get(place);
    boolean once =
        automaton.places().stream().filter(other -> other.stage() == at.stage()).count() == 1;
    long number =
        automaton.places().subList(0, place + 1).stream()
            .filter(other -> other.stage() == at.stage())
            .count();
    return once ? at.name() : at.name() + "#" + number;
  }
}
