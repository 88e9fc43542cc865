package dev.millrace.internal.pattern;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/** One of the things that a pattern consists of, in their order. */
public sealed interface Element permits Element.Stage, Element.Group, Element.Not {

  /** {@return the words of the program for it, without those of its conditions} */
  String describe();

  /**
   * A stage, which takes events.
   *
   * @param contiguity what may lie between the event before and its first one
   * @param test what an event has to be
   * @param until what ends its taking of events, if it has no end of its own
   * @param gapMs the time since the event before that each of its events has to be below, in
   *     milliseconds
   */
  record Stage(
      String name,
      Contiguity contiguity,
      EventTest test,
      Optional<EventTest> until,
      Quantifier quantifier,
      OptionalLong gapMs)
      implements Element {
    @Override
    public String describe() {
      return contiguity.verb()
          + " "
          + name
          + quantifier.describe()
          + (until.isPresent() ? " until" : "");
    }
  }

  /**
   * Elements that are repeated, or left out, together.
   *
   * @param contiguity what may lie between the event before and its first one
   */
  record Group(List<Element> elements, Contiguity contiguity, Quantifier quantifier)
      implements Element {

    /** Copies the list. */
    public Group {
      elements = List.copyOf(elements);
    }

    @Override
    public String describe() {
      return contiguity.verb()
          + elements.stream().map(Element::describe).collect(Collectors.joining(", ", " (", ")"))
          + quantifier.describe();
    }
  }

  /**
   * An event that must not come between the one before and the next.
   *
   * @param onlyNext whether only the very next event must not be it
   * @param gapMs at the end of a pattern, how long after the event before it must not come, in
   *     milliseconds; else the whole pattern ends it
   */
  record Not(String name, EventTest test, boolean onlyNext, OptionalLong gapMs) implements Element {
    @Override
    public String describe() {
      return (onlyNext ? "notNext " : "notFollowedBy ") + name;
    }
  }
}
