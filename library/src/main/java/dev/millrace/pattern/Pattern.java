package dev.millrace.pattern;

import dev.millrace.error.ConfigurationException;
import dev.millrace.internal.pattern.Automaton;
import dev.millrace.internal.pattern.AutomatonPrinter;
import dev.millrace.internal.pattern.Contiguity;
import dev.millrace.internal.pattern.Element;
import dev.millrace.internal.pattern.EventTest;
import dev.millrace.internal.pattern.MatchAccess;
import dev.millrace.internal.pattern.Path;
import dev.millrace.internal.pattern.PatternSpec;
import dev.millrace.internal.pattern.Quantifier;
import dev.millrace.internal.pattern.Skip;
import dev.millrace.internal.spec.Specs;
import dev.millrace.internal.util.Arguments;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A sequence of events to look for among those of a key.
 *
 * <p><b>Contract.</b> A pattern consists of stages, each with a name, a condition, and the number
 * of events that it takes. Between two stages it defines which events may be left out: none ({@link
 * #next(String)}), those that the second stage does not take ({@link #followedBy(String)}), or any
 * ({@link #followedByAny(String)}). Each event may begin a match, and an event may be part of many
 * matches; {@link #skip} restricts that. {@code docs/PATTERNS.md} has a picture for each of these
 * methods.
 *
 * <p>Methods that are about a stage, such as {@code where} and {@code oneOrMore}, are about the one
 * that was named last; after {@code begin(Pattern)} and the like they are about that group. {@link
 * #within}, {@link #skip} and {@link #version} are about the whole pattern, wherever they are
 * called.
 *
 * <p><b>Time.</b> Event time or processing time, like the matched stream. All bounds exclude their
 * end: {@code within(10 minutes)} demands a last event less than ten minutes after the first.
 *
 * <p><b>State.</b> Per key its partial matches, and the events that they have taken: one row while
 * they are few, else a row for each.
 *
 * <p><b>Threads.</b> Immutable: each method returns another pattern.
 *
 * <p><b>Errors.</b> {@link ConfigurationException} where a pattern contradicts itself, at the
 * latest when a stream is matched with it.
 *
 * @param <T> the events
 */
public final class Pattern<T> {

  static {
    Specs.grant(Pattern.class, pattern -> pattern.spec());
    MatchAccess.grant(Match::new);
  }

  private static final java.util.regex.Pattern NAMES =
      java.util.regex.Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,39}");

  private final List<Element> before;
  private final Element last;
  private final OptionalLong withinMs;
  private final Skip skip;
  private final int version;

  private Pattern(
      List<Element> before, Element last, OptionalLong withinMs, Skip skip, int version) {
    this.before = before;
    this.last = last;
    this.withinMs = withinMs;
    this.skip = skip;
    this.version = version;
  }

  private PatternSpec spec() {
    List<Element> all = new ArrayList<>(before);
    all.add(last);
    return new PatternSpec(all, withinMs, skip, version);
  }

  // ------------------------------------------------------------------ stages

  /** {@return a pattern of one stage, the name of which is unique in all of it} */
  public static <T> Pattern<T> begin(String name) {
    return first(stage(name, Contiguity.RELAXED));
  }

  /** {@return a pattern that begins with a group} */
  public static <T> Pattern<T> begin(Pattern<T> group) {
    return first(group(group, Contiguity.RELAXED));
  }

  private static <T> Pattern<T> first(Element element) {
    return new Pattern<>(List.of(), element, OptionalLong.empty(), Skip.NONE, 1);
  }

  /** {@return this pattern with a stage whose first event comes right after the one before} */
  public Pattern<T> next(String name) {
    return and(stage(name, Contiguity.STRICT));
  }

  /** {@return this pattern with a group whose first event comes right after the one before} */
  public Pattern<T> next(Pattern<T> group) {
    return and(group(group, Contiguity.STRICT));
  }

  /**
   * {@return this pattern with a stage that takes the first event after the one before that it can
   * take}
   */
  public Pattern<T> followedBy(String name) {
    return and(stage(name, Contiguity.RELAXED));
  }

  /** {@return this pattern with a group that begins with the first event that it can begin with} */
  public Pattern<T> followedBy(Pattern<T> group) {
    return and(group(group, Contiguity.RELAXED));
  }

  /** {@return this pattern with a stage that takes any event after the one before, one by one} */
  public Pattern<T> followedByAny(String name) {
    return and(stage(name, Contiguity.ANY));
  }

  /** {@return this pattern with a group that begins with any event that it can begin with} */
  public Pattern<T> followedByAny(Pattern<T> group) {
    return and(group(group, Contiguity.ANY));
  }

  /** {@return this pattern with an event that must not come right after the one before} */
  public Pattern<T> notNext(String name) {
    return and(not(name, true));
  }

  /**
   * {@return this pattern with an event that must not come between the one before and the next of
   * the pattern}
   *
   * <p>At the end of a pattern it must not come until the time of the pattern is over ({@link
   * #within}), or its own ({@link #withinPrevious}): the match is complete then.
   */
  public Pattern<T> notFollowedBy(String name) {
    return and(not(name, false));
  }

  private Pattern<T> and(Element next) {
    List<Element> all = new ArrayList<>(before);
    all.add(last);
    return new Pattern<>(List.copyOf(all), next, withinMs, skip, version);
  }

  private static Element stage(String name, Contiguity contiguity) {
    return new Element.Stage(
        checked(name),
        contiguity,
        EventTest.ALWAYS,
        Optional.empty(),
        Quantifier.ONCE,
        OptionalLong.empty());
  }

  private static Element not(String name, boolean onlyNext) {
    return new Element.Not(checked(name), EventTest.ALWAYS, onlyNext, OptionalLong.empty());
  }

  private static String checked(String name) {
    if (!NAMES.matcher(Arguments.given("Cannot name a stage", "name", name)).matches()) {
      throw new ConfigurationException(
          "Cannot name a stage '"
              + name
              + "': a name has letters, digits, hyphens and underscores, at most 40 of them, and"
              + " begins with a letter or a digit");
    }
    return name;
  }

  private static Element group(Pattern<?> pattern, Contiguity contiguity) {
    PatternSpec spec = Arguments.given("Cannot make a group", "pattern", pattern).spec();
    if (spec.withinMs().isPresent() || spec.skip().skips() || spec.version() != 1) {
      throw new ConfigurationException(
          "Cannot make a group of ("
              + spec.describe()
              + "): within(...), skip(...) and version(...) are about a whole pattern. Write them"
              + " after the group, on the pattern that it is part of");
    }
    return new Element.Group(spec.elements(), contiguity, Quantifier.ONCE);
  }

  // ------------------------------------------------------------------ conditions

  /** {@return this pattern with a condition on events of the last stage, besides those it has} */
  public Pattern<T> where(EventCondition<T> condition) {
    return restricted(test("condition", condition));
  }

  /**
   * {@return this pattern with a condition on events of the last stage, besides those it has, which
   * depends on the match so far}
   */
  public Pattern<T> where(MatchCondition<T> condition) {
    return restricted(test("condition", condition));
  }

  private Pattern<T> restricted(EventTest added) {
    return tested("where", EventTest.and(test("where"), added));
  }

  /**
   * {@return this pattern with a condition on events of the last stage, as an alternative to all
   * its conditions so far}
   */
  public Pattern<T> or(EventCondition<T> condition) {
    return widened(test("condition", condition));
  }

  /**
   * {@return this pattern with a condition on events of the last stage, as an alternative to all
   * its conditions so far, which depends on the match so far}
   */
  public Pattern<T> or(MatchCondition<T> condition) {
    return widened(test("condition", condition));
  }

  private Pattern<T> widened(EventTest added) {
    EventTest known = test("or");
    if (known == EventTest.ALWAYS) {
      throw cannot("or", "the stage has no condition so far, so that it takes any event", "where");
    }
    return tested("or", EventTest.or(known, added));
  }

  /** {@return this pattern with events of the last stage being of a class} */
  public Pattern<T> subtype(Class<? extends T> type) {
    Class<?> given = Arguments.given("Cannot restrict a stage", "class", type);
    return where((EventCondition<T>) given::isInstance);
  }

  /** {@return this pattern with events of the last stage being of a class, with a condition} */
  public <S extends T> Pattern<T> subtype(Class<S> type, EventCondition<S> condition) {
    Arguments.given("Cannot restrict a stage", "condition", condition);
    return subtype(type).where((EventCondition<T>) event -> condition.test(type.cast(event)));
  }

  /**
   * {@return this pattern with an event that ends the last stage, which takes several: the stage
   * does not take it, and takes none after it}
   *
   * <p>The event may be one of the next stage.
   */
  public Pattern<T> until(EventCondition<T> condition) {
    return ended(test("condition", condition));
  }

  /** {@return the same, with a condition that depends on the match so far} */
  public Pattern<T> until(MatchCondition<T> condition) {
    return ended(test("condition", condition));
  }

  private Pattern<T> ended(EventTest test) {
    if (!(last instanceof Element.Stage stage)) {
      throw cannot("until", "it is about a stage that takes events", "oneOrMore() on a stage");
    }
    if (stage.until().isPresent()) {
      throw cannot("until", "the stage has an end already", "or(...) in its condition");
    }
    if (!stage.quantifier().loops()) {
      throw cannot("until", "the stage takes one event, which is its end", "oneOrMore()");
    }
    return ending(
        new Element.Stage(
            stage.name(),
            stage.contiguity(),
            stage.test(),
            Optional.of(test),
            stage.quantifier(),
            stage.gapMs()));
  }

  @SuppressWarnings("unchecked") // the stream has events of this type
  private EventTest test(String name, EventCondition<T> condition) {
    Arguments.given("Cannot restrict a stage", name, condition);
    return new EventTest() {
      @Override
      public boolean holds(Object event, Path soFar) throws Exception {
        return condition.test((T) event);
      }

      @Override
      public boolean readsMatch() {
        return false;
      }
    };
  }

  @SuppressWarnings("unchecked") // the stream has events of this type
  private EventTest test(String name, MatchCondition<T> condition) {
    Arguments.given("Cannot restrict a stage", name, condition);
    return (event, soFar) -> condition.test((T) event, new Match<>(soFar));
  }

  private EventTest test(String verb) {
    if (last instanceof Element.Group) {
      throw cannot(
          verb, "it is about a stage, and the last thing named is a group", "it on its stages");
    }
    return last instanceof Element.Stage stage ? stage.test() : ((Element.Not) last).test();
  }

  private Pattern<T> tested(String verb, EventTest test) {
    if (last instanceof Element.Not not) {
      return ending(new Element.Not(not.name(), test, not.onlyNext(), not.gapMs()));
    }
    Element.Stage stage = (Element.Stage) last;
    if (stage.until().isPresent()) {
      throw cannot(verb, "the stage has its end already", "it before until(...)");
    }
    return ending(
        new Element.Stage(
            stage.name(),
            stage.contiguity(),
            test,
            stage.until(),
            stage.quantifier(),
            stage.gapMs()));
  }

  // ------------------------------------------------------------------ how often

  /**
   * {@return this pattern with the last stage or group taken so many times}
   *
   * @param times one or more
   */
  public Pattern<T> times(int times) {
    return times(times, times);
  }

  /**
   * {@return this pattern with the last stage or group taken so many times}
   *
   * @param min at least one; {@link #optional} makes it none or so many
   * @param max not below the least
   */
  public Pattern<T> times(int min, int max) {
    if (max < min) {
      throw new ConfigurationException(
          "Cannot repeat a stage: the most times are below the fewest ("
              + min
              + ", "
              + max
              + "). Name the fewest first");
    }
    return repeated("times", min, max);
  }

  /**
   * {@return this pattern with the last stage or group taken so many times, or more often}
   *
   * @param min one or more; {@link #optional} makes it none or so many
   */
  public Pattern<T> timesOrMore(int min) {
    return repeated("timesOrMore", min, Quantifier.UNBOUNDED);
  }

  /** {@return this pattern with the last stage or group taken once or more often} */
  public Pattern<T> oneOrMore() {
    return repeated("oneOrMore", 1, Quantifier.UNBOUNDED);
  }

  private Pattern<T> repeated(String verb, int min, int max) {
    if (min < 1) {
      throw new ConfigurationException(
          "Cannot repeat a stage: the fewest times are below 1 ("
              + min
              + "). Give 1 or more, and call optional() if it may be left out");
    }
    Quantifier known = quantifier(verb);
    if (known.loops()) {
      throw cannot(
          verb, "the number of times is set already (" + known.describe().trim() + ")", "one");
    }
    return quantified(new Quantifier(min, max, known.optional(), known.greedy(), known.inner()));
  }

  /** {@return this pattern with the last stage or group taken as defined, or left out} */
  public Pattern<T> optional() {
    Quantifier known = quantifier("optional");
    return quantified(
        new Quantifier(known.min(), known.max(), true, known.greedy(), known.inner()));
  }

  /**
   * {@return this pattern with the last stage taking as many events as it can: a match goes on
   * after it only with an event before which it could not have taken another one, and could not
   * take that event itself}
   */
  public Pattern<T> greedy() {
    Quantifier known = quantifier("greedy");
    if (last instanceof Element.Group) {
      throw cannot("greedy", "a group is not greedy, its stages are", "it on its stages");
    }
    if (!known.isOpen()) {
      throw cannot(
          "greedy",
          "the stage takes a fixed number of events",
          "times(min, max), oneOrMore() or optional() before it");
    }
    return quantified(
        new Quantifier(known.min(), known.max(), known.optional(), true, known.inner()));
  }

  /** {@return this pattern with no other event between those of the last stage or group} */
  public Pattern<T> consecutive() {
    return inner("consecutive", Contiguity.STRICT);
  }

  /**
   * {@return this pattern with any events between those of the last stage or group, even those that
   * it could take}
   */
  public Pattern<T> allowCombinations() {
    return inner("allowCombinations", Contiguity.ANY);
  }

  private Pattern<T> inner(String verb, Contiguity contiguity) {
    Quantifier known = quantifier(verb);
    if (!known.loops()) {
      throw cannot(verb, "the stage takes one event", "times(...) or oneOrMore() before it");
    }
    return quantified(
        new Quantifier(known.min(), known.max(), known.optional(), known.greedy(), contiguity));
  }

  private Quantifier quantifier(String verb) {
    if (last instanceof Element.Not not) {
      throw cannot(
          verb, "'" + not.name() + "' must not come at all", "it on a stage that takes events");
    }
    return last instanceof Element.Stage stage
        ? stage.quantifier()
        : ((Element.Group) last).quantifier();
  }

  private Pattern<T> quantified(Quantifier quantifier) {
    if (last instanceof Element.Group group) {
      return ending(new Element.Group(group.elements(), group.contiguity(), quantifier));
    }
    Element.Stage stage = (Element.Stage) last;
    return ending(
        new Element.Stage(
            stage.name(),
            stage.contiguity(),
            stage.test(),
            stage.until(),
            quantifier,
            stage.gapMs()));
  }

  private Pattern<T> ending(Element element) {
    return new Pattern<>(before, element, withinMs, skip, version);
  }

  // ------------------------------------------------------------------ the whole

  /** {@return this pattern with its last event coming less than so long after its first one} */
  public Pattern<T> within(Duration duration) {
    long ms = Arguments.wholeMs("Cannot bound a pattern", "duration", duration);
    return new Pattern<>(before, last, OptionalLong.of(ms), skip, version);
  }

  /**
   * {@return this pattern with each event of the last stage coming less than so long after the one
   * before it in the match}
   *
   * <p>After {@link #notFollowedBy} at the end of a pattern it is the time after the last event
   * within which that event must not come.
   */
  public Pattern<T> withinPrevious(Duration duration) {
    OptionalLong ms =
        OptionalLong.of(Arguments.wholeMs("Cannot bound a stage", "duration", duration));
    if (last instanceof Element.Not not && !not.onlyNext()) {
      return ending(new Element.Not(not.name(), not.test(), false, ms));
    }
    if (!(last instanceof Element.Stage stage)) {
      throw cannot("withinPrevious", "it is about a stage that takes events", "it on a stage");
    }
    return ending(
        new Element.Stage(
            stage.name(), stage.contiguity(), stage.test(), stage.until(), stage.quantifier(), ms));
  }

  /** {@return this pattern with a choice of the matches that are dropped when one is emitted} */
  public Pattern<T> skip(SkipStrategy strategy) {
    Skip chosen =
        Specs.of(Arguments.given("Cannot skip matches", "strategy", strategy), Skip.class);
    return new Pattern<>(before, last, withinMs, chosen, version);
  }

  /**
   * {@return this pattern with a number; where it differs from that of a deployed job, the partial
   * matches of the deployed pattern are dropped}
   *
   * <p>A pattern whose stages have changed cannot continue the partial matches of the one before: a
   * job with it is refused until it has another version.
   *
   * @param number 1 by default
   */
  public Pattern<T> version(int number) {
    int checked = (int) Arguments.atLeast(1, "Cannot number a pattern", "version", number);
    return new Pattern<>(before, last, withinMs, skip, checked);
  }

  /**
   * {@return the automaton that the pattern is compiled to, as a Mermaid state diagram}
   *
   * @throws ConfigurationException if the pattern contradicts itself
   */
  public String toMermaid() {
    return AutomatonPrinter.mermaid(Automaton.of(spec()));
  }

  private static ConfigurationException cannot(String verb, String reason, String instead) {
    return new ConfigurationException(
        "Cannot call " + verb + "(...) on a pattern: " + reason + ". Write " + instead);
  }

  @Override
  public String toString() {
    return spec().describe();
  }
}
