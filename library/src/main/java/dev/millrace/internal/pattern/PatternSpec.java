package dev.millrace.internal.pattern;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/**
 * A pattern as the program has written it.
 *
 * @param elements what it consists of, in this order
 * @param withinMs how much earlier than the last event the first one has to be less than, in
 *     milliseconds
 * @param skip what becomes of other matches when one is emitted
 * @param version the number that the program has given it
 */
public record PatternSpec(List<Element> elements, OptionalLong withinMs, Skip skip, int version) {

  /** Copies the list. */
  public PatternSpec {
    elements = List.copyOf(elements);
  }

  /** {@return the pattern in the words of the program, without its conditions} */
  public String describe() {
    return shape()
        + (withinMs.isPresent() ? " within " + withinMs.getAsLong() + " ms" : "")
        + (skip.skips() ? " skip " + skip.describe() : "");
  }

  /**
   * {@return what partial matches that are kept depend on: its stages with their order, their
   * contiguity and how often they are taken; not its conditions, its bound of time and what it skips
   */
  public String shape() {
    String words = elements.stream().map(Element::describe).collect(Collectors.joining(", "));
    int firstWord = words.indexOf(' ');
    return "begin" + words.substring(firstWord);
  }

  /** {@return what the program should know of it, although it can be matched} */
  public List<String> warnings() {
    List<String> warnings = new ArrayList<>();
    if (withinMs.isEmpty()) {
      warn(elements, warnings);
      if (skip.skips() && Automaton.of(this).mayWaitForEver()) {
        warnings.add(
            "skip "
                + skip.describe()
                + " lets a match wait as long as a partial match that has started before it is open,"
                + " which nothing ends, so that state grows with each event that may begin a match."
                + " Add within(...) to the pattern");
      }
    }
    return warnings;
  }

  private static void warn(List<Element> elements, List<String> warnings) {
    for (Element element : elements) {
      if (element instanceof Element.Stage stage
          && stage.quantifier().isUnbounded()
          && stage.until().isEmpty()) {
        warnings.add(
            "stage '"
                + stage.name()
                + "' takes any number of events for ever, so that state grows with each of them. Add"
                + " within(...) to the pattern, or until(...) to the stage");
      } else if (element instanceof Element.Group group) {
        if (group.quantifier().isUnbounded()) {
          warnings.add(
              "a group is repeated any number of times for ever, so that state grows with each of"
                  + " them. Add within(...) to the pattern");
        }
        warn(group.elements(), warnings);
      }
    }
  }
}
