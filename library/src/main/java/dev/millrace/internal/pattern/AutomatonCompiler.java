package dev.millrace.internal.pattern;

import dev.millrace.error.ConfigurationException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The compiler from patterns to automata: Glushkov's construction, in which each time that a stage
 * may take an event is a place, and what may follow it is found from the first and the last places
 * of the elements.
 *
 * <p>Two things are added to it. What stands between two places in the pattern, but takes no event,
 * becomes part of the edge: an event that must not come, and an optional stage that is left out.
 * And a greedy stage that is left, or left out, is named by the edge that does so: an event that
 * the stage could take cannot come on that edge.
 *
 * <p><b>Threads.</b> Confined to the thread that compiles; used once.
 */
final class AutomatonCompiler {

  /** A greedy stage's way in, of which it is not known yet from which side it is entered. */
  private record Guard(int target) {}

  /** The edge that a greedy stage would take, among those of the place that is left. */
  private record KnownGuard(
      int target, Contiguity contiguity, boolean repeats, List<Element.Not> nots) {}

  /** A first place of an element, and the greedy stages before it that are left out. */
  private record Entry(int place, List<Guard> guards) {}

  /** A last place of an element, and what counts when the pattern goes on from there. */
  private record Exit(int place, List<KnownGuard> guards, List<Element.Not> nots) {}

  /**
   * The places of an element.
   *
   * @param skipped the greedy stages in it, if all of it may be left out
   */
  private record Fragment(List<Entry> entries, List<Exit> exits, Optional<List<Guard>> skipped) {}

  /** An edge whose guards are not numbered yet. */
  private record Draft(
      int target,
      Contiguity contiguity,
      boolean repeats,
      List<Element.Not> nots,
      List<KnownGuard> guards,
      long gapMs) {}

  private record PlaceDraft(Element.Stage stage, int time, Set<Draft> edges) {}

  private final PatternSpec pattern;
  private final Map<String, Integer> stages = new LinkedHashMap<>();
  private final Set<String> nots = new LinkedHashSet<>();
  private final List<PlaceDraft> places = new ArrayList<>();
  private final Set<Integer> accepting = new LinkedHashSet<>();
  private boolean isAmbiguous;

  AutomatonCompiler(PatternSpec pattern) {
    this.pattern = pattern;
  }

  Automaton compile() {
    name(pattern.elements());
    Fragment whole = sequence(pattern.elements());
    if (whole.skipped().isPresent()) {
      throw cannot("all of its stages are optional", "Make one of them mandatory");
    }
    for (Exit exit : whole.exits()) {
      end(exit);
    }
    Set<Draft> starts = new LinkedHashSet<>();
    for (Entry entry : whole.entries()) {
      starts.add(
          new Draft(
              entry.place(),
              Contiguity.ANY,
              false,
              List.of(),
              known(entry.guards(), Contiguity.ANY, List.of()),
              Edge.ALWAYS));
    }
    checkSkip();
    List<Place> compiled = new ArrayList<>();
    for (int i = 0; i < places.size(); i++) {
      compiled.add(place(i));
    }
    return new Automaton(
        List.copyOf(stages.keySet()),
        compiled,
        numbered(starts, "the beginning"),
        pattern.withinMs().orElse(Edge.ALWAYS),
        pattern.skip(),
        isAmbiguous);
  }

  // ------------------------------------------------------------------ names

  private void name(List<Element> elements) {
    for (Element element : elements) {
      if (element instanceof Element.Group group) {
        if (group.elements().isEmpty()) {
          throw cannot("it has a group without stages", "Begin the group with a stage");
        }
        name(group.elements());
      } else if (element instanceof Element.Not not) {
        if (stages.containsKey(not.name()) || !nots.add(not.name())) {
          throw twice(not.name());
        }
      } else {
        String name = ((Element.Stage) element).name();
        if (nots.contains(name) || stages.putIfAbsent(name, stages.size()) != null) {
          throw twice(name);
        }
      }
    }
  }

  private ConfigurationException twice(String name) {
    return cannot("the name '" + name + "' is there twice", "Give each stage a name of its own");
  }

  private void checkSkip() {
    String stage = pattern.skip().stage();
    if (stage.isEmpty()) {
      return;
    }
    if (!stages.containsKey(stage)) {
      throw cannot(
          "it skips to stage '" + stage + "', which it does not have " + stages.keySet(),
          "Name one of its stages");
    }
    if (!isMandatory(pattern.elements(), stage)) {
      throw cannot(
          "it skips to stage '" + stage + "', which is optional, so that a match may be without it",
          "Name a stage that every match has");
    }
  }

  private static boolean isMandatory(List<Element> elements, String stage) {
    return elements.stream()
        .anyMatch(
            element ->
                element instanceof Element.Stage one
                    ? one.name().equals(stage) && !one.quantifier().optional()
                    : element instanceof Element.Group group
                        && !group.quantifier().optional()
                        && isMandatory(group.elements(), stage));
  }

  // ------------------------------------------------------------------ fragments

  private Fragment sequence(List<Element> elements) {
    List<Entry> entries = new ArrayList<>();
    List<Exit> exits = new ArrayList<>();
    Optional<List<Guard>> skipped = Optional.of(List.of());
    for (Element element : elements) {
      if (element instanceof Element.Not not) {
        if (skipped.isPresent()) {
          throw cannot(
              "before '"
                  + not.name()
                  + "', which must not come, there is no event that is there in every match",
              "Put a mandatory stage before it");
        }
        exits.replaceAll(exit -> new Exit(exit.place(), exit.guards(), with(exit.nots(), not)));
        continue;
      }
      Fragment next = fragment(element);
      Contiguity contiguity = contiguityOf(element);
      for (Exit exit : exits) {
        connect(exit, next.entries(), contiguity);
      }
      if (skipped.isPresent()) {
        List<Guard> before = skipped.get();
        for (Entry entry : next.entries()) {
          entries.add(new Entry(entry.place(), joined(before, entry.guards())));
        }
      }
      List<Exit> after = new ArrayList<>();
      if (next.skipped().isPresent()) {
        for (Exit exit : exits) {
          List<KnownGuard> left = known(next.skipped().get(), contiguity, exit.nots());
          after.add(new Exit(exit.place(), joined(exit.guards(), left), exit.nots()));
        }
      }
      after.addAll(next.exits());
      exits = after;
      Optional<List<Guard>> before = skipped;
      skipped = next.skipped().flatMap(guards -> before.map(earlier -> joined(earlier, guards)));
    }
    return new Fragment(entries, exits, skipped);
  }

  private static Contiguity contiguityOf(Element element) {
    return element instanceof Element.Stage stage
        ? stage.contiguity()
        : ((Element.Group) element).contiguity();
  }

  private Fragment fragment(Element element) {
    return element instanceof Element.Stage stage
        ? fragment(stage)
        : fragment((Element.Group) element);
  }

  private Fragment fragment(Element.Stage stage) {
    Quantifier quantifier = stage.quantifier();
    checkUntil(stage);
    int count = quantifier.isUnbounded() ? quantifier.min() : quantifier.max();
    int first = places.size();
    for (int i = 0; i < count; i++) {
      addPlace(stage, i + 1);
    }
    List<Exit> exits = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int place = first + i;
      boolean isLast = i == count - 1;
      Optional<KnownGuard> again = Optional.empty();
      if (!isLast || quantifier.isUnbounded()) {
        int target = isLast ? place : place + 1;
        again = Optional.of(new KnownGuard(target, quantifier.inner(), true, List.of()));
        places
            .get(place)
            .edges()
            .add(
                new Draft(target, quantifier.inner(), true, List.of(), List.of(), gapInto(target)));
      }
      if (i + 1 >= quantifier.min()) {
        List<KnownGuard> guards =
            quantifier.greedy() ? again.map(List::of).orElse(List.of()) : List.of();
        exits.add(new Exit(place, guards, List.of()));
      }
    }
    Optional<List<Guard>> skipped =
        quantifier.optional()
            ? Optional.of(quantifier.greedy() ? List.of(new Guard(first)) : List.of())
            : Optional.empty();
    return new Fragment(List.of(new Entry(first, List.of())), exits, skipped);
  }

  private void checkUntil(Element.Stage stage) {
    if (stage.until().isPresent() && !stage.quantifier().loops()) {
      throw cannot(
          "stage '" + stage.name() + "' takes one event, so that until(...) has nothing to end",
          "Leave it out, or write oneOrMore() before it");
    }
  }

  private Fragment fragment(Element.Group group) {
    Quantifier quantifier = group.quantifier();
    if (quantifier.equals(Quantifier.ONCE)) {
      return sequence(group.elements());
    }
    isAmbiguous = true;
    int count = quantifier.isUnbounded() ? quantifier.min() : quantifier.max();
    List<Entry> entries = List.of();
    List<Exit> exits = new ArrayList<>();
    List<Exit> before = List.of();
    for (int round = 1; round <= count; round++) {
      Fragment body = sequence(group.elements());
      if (body.skipped().isPresent()) {
        throw cannot(
            "all stages of a group with" + quantifier.describe() + " are optional",
            "Make one of them mandatory, and the group optional() if it may be left out");
      }
      for (Exit exit : before) {
        connect(exit, body.entries(), quantifier.inner());
      }
      if (round == count && quantifier.isUnbounded()) {
        for (Exit exit : body.exits()) {
          connect(exit, body.entries(), quantifier.inner());
        }
      }
      entries = round == 1 ? body.entries() : entries;
      before = body.exits();
      if (round >= quantifier.min()) {
        exits.addAll(body.exits());
      }
    }
    return new Fragment(
        entries, exits, quantifier.optional() ? Optional.of(List.of()) : Optional.empty());
  }

  private void addPlace(Element.Stage stage, int time) {
    if (places.size() == Automaton.MAX_PLACES) {
      throw cannot(
          "it has more than " + Automaton.MAX_PLACES + " places for events",
          "Let a stage count in its condition (m.count(...)) rather than by times(...)");
    }
    places.add(new PlaceDraft(stage, time, new LinkedHashSet<>()));
  }

  // ------------------------------------------------------------------ edges

  private void connect(Exit exit, List<Entry> entries, Contiguity contiguity) {
    for (Entry entry : entries) {
      places
          .get(exit.place())
          .edges()
          .add(
              new Draft(
                  entry.place(),
                  contiguity,
                  false,
                  exit.nots(),
                  joined(exit.guards(), known(entry.guards(), contiguity, exit.nots())),
                  gapInto(entry.place())));
    }
  }

  private void end(Exit exit) {
    if (exit.nots().isEmpty()) {
      if (!exit.guards().isEmpty()) {
        throw cannot(
            "greedy stage '"
                + places.get(exit.guards().get(0).target()).stage().name()
                + "' may be the last, so that it never shows which event is its last",
            "Leave greedy() out, or let a mandatory stage follow");
      }
      accepting.add(exit.place());
      return;
    }
    OptionalLong gap = OptionalLong.empty();
    for (Element.Not not : exit.nots()) {
      if (not.onlyNext()) {
        throw cannot(
            "it ends with notNext '" + not.name() + "'",
            "Let a stage follow, or use notFollowedBy");
      }
      if (not.gapMs().isPresent()) {
        if (exit.nots().size() > 1) {
          throw cannot(
              "'" + not.name() + "' is not alone at its end, but has a bound of time of its own",
              "Put its condition into the other one by or(...), or use within(...)");
        }
        gap = not.gapMs();
      }
    }
    if (gap.isEmpty() && pattern.withinMs().isEmpty()) {
      throw cannot(
          "it ends with notFollowedBy '"
              + exit.nots().get(0).name()
              + "', and nothing ends the time in which that must not come",
          "Add within(...), or withinPrevious(...) after notFollowedBy");
    }
    places
        .get(exit.place())
        .edges()
        .add(
            new Draft(
                Edge.END,
                Contiguity.ANY,
                false,
                exit.nots(),
                exit.guards(),
                gap.orElse(Edge.ALWAYS)));
  }

  private long gapInto(int place) {
    return places.get(place).stage().gapMs().orElse(Edge.ALWAYS);
  }

  private static List<KnownGuard> known(
      List<Guard> guards, Contiguity contiguity, List<Element.Not> nots) {
    return guards.stream()
        .map(guard -> new KnownGuard(guard.target(), contiguity, false, nots))
        .toList();
  }

  private static <T> List<T> joined(List<T> first, List<T> second) {
    List<T> all = new ArrayList<>(first);
    all.addAll(second);
    return List.copyOf(all);
  }

  private static <T> List<T> with(List<T> list, T last) {
    return joined(list, List.of(last));
  }

  private Place place(int number) {
    PlaceDraft draft = places.get(number);
    Element.Stage stage = draft.stage();
    for (Draft edge : draft.edges()) {
      for (Element.Not not : edge.nots()) {
        if (edge.target() != Edge.END && not.gapMs().isPresent()) {
          throw cannot(
              "'" + not.name() + "' has a bound of time of its own, but the stage after it ends it",
              "Put withinPrevious(...) after that stage");
        }
      }
    }
    return new Place(
        Objects.requireNonNull(stages.get(stage.name()), "all stages were named"),
        stage.name(),
        draft.time(),
        stage.test(),
        stage.until(),
        accepting.contains(number),
        numbered(draft.edges(), "stage '" + stage.name() + "'"));
  }

  /** The edges, with their guards as bits. */
  private List<Edge> numbered(Set<Draft> drafts, String from) {
    if (drafts.size() > Place.MAX_EDGES) {
      throw cannot(
          "after " + from + " there are more than " + Place.MAX_EDGES + " ways to go on",
          "Make fewer stages optional");
    }
    List<Draft> all = List.copyOf(drafts);
    List<Edge> edges = new ArrayList<>();
    for (Draft draft : all) {
      long unless = 0;
      for (KnownGuard guard : draft.guards()) {
        for (int i = 0; i < all.size(); i++) {
          Draft other = all.get(i);
          KnownGuard asGuard =
              new KnownGuard(other.target(), other.contiguity(), other.repeats(), other.nots());
          unless |= asGuard.equals(guard) ? 1L << i : 0;
        }
      }
      edges.add(
          new Edge(
              draft.target(),
              draft.contiguity(),
              draft.repeats(),
              draft.nots(),
              unless,
              draft.gapMs()));
    }
    return edges;
  }

  private static ConfigurationException cannot(String reason, String advice) {
    return new ConfigurationException("Cannot match the pattern: " + reason + ". " + advice);
  }
}
