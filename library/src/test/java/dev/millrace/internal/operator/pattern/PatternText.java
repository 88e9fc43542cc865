package dev.millrace.internal.operator.pattern;

import dev.millrace.pattern.EventCondition;
import dev.millrace.pattern.MatchCondition;
import dev.millrace.pattern.Pattern;
import dev.millrace.pattern.SkipStrategy;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Patterns as words, for tables: {@code a next b oneOrMore greedy followedBy c within(10)}.
 *
 * <p>The words are the methods of {@link Pattern}, and the names of stages. Events are words, too.
 * A stage takes those that begin with its name; {@code b=cd} is a stage {@code b} that takes those
 * that begin with c or d, and {@code any} takes all. {@code where(same)} asks for an event with the
 * number of the first event of the match, {@code where(more)} for one with a higher number than the
 * event before it, {@code or(z)} takes those that begin with z as well, {@code until(u)} ends with
 * one that begins with u. A group is in parentheses that stand alone.
 *
 * @param <T> the events
 */
final class PatternText<T> {

  private final Function<T, String> words;
  private final Predicate<T> ofCase;

  /**
   * Creates a reader of patterns.
   *
   * @param words gives the word of an event
   * @param ofCase the events that stages may take
   */
  PatternText(Function<T, String> words, Predicate<T> ofCase) {
    this.words = words;
    this.ofCase = ofCase;
  }

  /** {@return the pattern that a text stands for} */
  Pattern<T> read(String text) {
    return read(List.of(text.split(" ")).iterator());
  }

  private Pattern<T> read(Iterator<String> tokens) {
    Pattern<T> pattern = null;
    String verb = "begin";
    while (tokens.hasNext()) {
      String token = tokens.next();
      String argument = token.replaceAll("^[^(]*\\(?|\\)$", "");
      switch (token.replaceAll("\\(.+", "")) {
        case "next", "followedBy", "followedByAny", "notNext", "notFollowedBy" -> verb = token;
        case "(" -> pattern = with(pattern, verb, read(tokens));
        case ")" -> {
          return pattern;
        }
        case "oneOrMore" -> pattern = pattern.oneOrMore();
        case "times" -> pattern = times(pattern, argument.split(","));
        case "timesOrMore" -> pattern = pattern.timesOrMore(Integer.parseInt(argument));
        case "optional" -> pattern = pattern.optional();
        case "greedy" -> pattern = pattern.greedy();
        case "consecutive" -> pattern = pattern.consecutive();
        case "allowCombinations" -> pattern = pattern.allowCombinations();
        case "until" -> pattern = pattern.until(beginsWith(argument));
        case "or" -> pattern = pattern.or(beginsWith(argument));
        case "where" -> pattern = pattern.where(argument.equals("same") ? same() : more());
        case "within" -> pattern = pattern.within(ms(argument));
        case "withinPrevious" -> pattern = pattern.withinPrevious(ms(argument));
        case "noSkip" -> pattern = pattern.skip(SkipStrategy.noSkip());
        case "toNext" -> pattern = pattern.skip(SkipStrategy.toNext());
        case "pastLast" -> pattern = pattern.skip(SkipStrategy.pastLast());
        case "toFirst" -> pattern = pattern.skip(SkipStrategy.toFirst(argument));
        case "toLast" -> pattern = pattern.skip(SkipStrategy.toLast(argument));
        default -> pattern = with(pattern, verb, token);
      }
    }
    return pattern;
  }

  private Pattern<T> with(Pattern<T> before, String verb, Pattern<T> group) {
    return switch (verb) {
      case "begin" -> Pattern.begin(group);
      case "next" -> before.next(group);
      case "followedBy" -> before.followedBy(group);
      case "followedByAny" -> before.followedByAny(group);
      default -> throw new IllegalArgumentException(verb + " a group");
    };
  }

  private Pattern<T> with(Pattern<T> before, String verb, String stage) {
    String name = stage.replaceAll("=.*", "");
    Pattern<T> pattern =
        switch (verb) {
          case "begin" -> Pattern.begin(name);
          case "next" -> before.next(name);
          case "followedBy" -> before.followedBy(name);
          case "followedByAny" -> before.followedByAny(name);
          case "notNext" -> before.notNext(name);
          default -> before.notFollowedBy(name);
        };
    if (name.equals("any")) {
      return pattern.where((EventCondition<T>) ofCase::test);
    }
    String letters = stage.replaceAll(".*=", "");
    return pattern.where(
        event -> ofCase.test(event) && letters.indexOf(words.apply(event).charAt(0)) >= 0);
  }

  private static <T> Pattern<T> times(Pattern<T> pattern, String[] bounds) {
    return bounds.length == 1
        ? pattern.times(Integer.parseInt(bounds[0]))
        : pattern.times(Integer.parseInt(bounds[0]), Integer.parseInt(bounds[1]));
  }

  private EventCondition<T> beginsWith(String prefix) {
    return event -> ofCase.test(event) && words.apply(event).startsWith(prefix);
  }

  private MatchCondition<T> same() {
    return (event, match) ->
        match.events().isEmpty() || number(event) == number(match.events().get(0));
  }

  private MatchCondition<T> more() {
    return (event, match) -> {
      List<T> events = match.events();
      return events.isEmpty() || number(event) > number(events.get(events.size() - 1));
    };
  }

  /** The number after the letter of a word; words without one are not asked. */
  private int number(T event) {
    String word = words.apply(event);
    return word.length() == 1 ? 0 : Integer.parseInt(word.substring(1));
  }

  private static Duration ms(String ms) {
    return Duration.ofMillis(Long.parseLong(ms));
  }
}
