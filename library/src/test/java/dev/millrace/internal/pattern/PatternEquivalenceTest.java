package dev.millrace.internal.pattern;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.ConfigurationException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The matcher finds what enumeration finds, for random patterns and events, without limits and with
 * them. A failure names its seed: {@code -Dpattern.seed=...} runs that one alone, {@code
 * -Dpattern.first=...} a whole run. A long run is of 20,000 patterns, or {@code
 * -Dpattern.count=...}.
 */
final class PatternEquivalenceTest {

  private static final int EVENTS = 7;

  @Test
  void matcherFindsWhatEnumerationFinds() throws Exception {
    String one = System.getProperty("pattern.seed");
    if (one != null) {
      compare(Long.parseLong(one));
      return;
    }
    long first = Long.getLong("pattern.first", new Random().nextInt(Integer.MAX_VALUE));
    System.out.println("PatternEquivalenceTest from seed " + first);
    compareMany(first, 500);
  }

  @Test
  @Tag("slow")
  void matcherFindsWhatEnumerationFindsInALongRun() throws Exception {
    long first = Long.getLong("pattern.first", new Random().nextInt(Integer.MAX_VALUE));
    System.out.println("PatternEquivalenceTest in a long run from seed " + first);
    compareMany(first, Integer.getInteger("pattern.count", 20_000));
  }

  @Test
  void limitsDoWhatEnumerationSays() throws Exception {
    String one = System.getProperty("pattern.seed");
    if (one != null) {
      compareLimited(Long.parseLong(one));
      return;
    }
    long first = Long.getLong("pattern.first", new Random().nextInt(Integer.MAX_VALUE));
    System.out.println("PatternEquivalenceTest with limits from seed " + first);
    compareManyLimited(first, 200);
  }

  @Test
  @Tag("slow")
  void limitsDoWhatEnumerationSaysInALongRun() throws Exception {
    long first = Long.getLong("pattern.first", new Random().nextInt(Integer.MAX_VALUE));
    System.out.println("PatternEquivalenceTest with limits in a long run from seed " + first);
    compareManyLimited(first, Integer.getInteger("pattern.count", 20_000) / 4);
  }

  @FunctionalInterface
  private interface Comparison {
    int compare(long seed) throws Exception;
  }

  private static void compareMany(long first, int count) throws Exception {
    // Patterns that find nothing would compare nothing.
    assertThat(compareAll(first, count, PatternEquivalenceTest::compare))
        .as("patterns that found anything")
        .isGreaterThan(count / 3);
  }

  private static void compareManyLimited(long first, int count) throws Exception {
    assertThat(compareAll(first, count, PatternEquivalenceTest::compareLimited))
        .as("patterns that had too much of anything")
        .isGreaterThan(count / 5);
  }

  /** Returns how many comparisons had any results. */
  private static int compareAll(long first, int count, Comparison comparison) throws Exception {
    int compared = 0;
    int found = 0;
    // Seeds in a row would begin with nearly the same draws, and so with one kind of pattern.
    Random seeds = new Random(first);
    while (compared < count) {
      int results = comparison.compare(seeds.nextLong());
      compared += results >= 0 ? 1 : 0;
      found += results > 0 ? 1 : 0;
    }
    return found;
  }

  /** Returns how often there was too much; -1 if the pattern is none, or none for this. */
  static int compareLimited(long seed) throws Exception {
    RandomPatterns patterns = new RandomPatterns(seed);
    PatternSpec made = patterns.pattern();
    PatternSpec pattern =
        new PatternSpec(made.elements(), made.withinMs(), Skip.NONE, made.version());
    List<Happening> events = patterns.events(EVENTS);
    Random random = new Random(~seed); // Not the draws of the pattern again.
    KeyLimit mostRuns = random.nextInt(4) > 0 ? limit(random) : KeyLimit.NONE;
    KeyLimit mostEvents = random.nextInt(4) > 0 ? limit(random) : KeyLimit.NONE;
    NaiveLimits naive = new NaiveLimits(pattern, mostRuns, mostEvents);
    Automaton automaton;
    List<String> expected;
    try {
      automaton = Automaton.of(pattern);
      if (automaton.isAmbiguous()) {
        return -1;
      }
      expected = naive.find(events);
    } catch (ConfigurationException | NaiveMatcher.TooManyWordsException e) {
      return -1;
    }
    String description =
        String.format(
            "pattern.seed=%d: %s with %s and %s%nover %s%n%s",
            seed,
            pattern.describe(),
            mostRuns,
            mostEvents,
            events,
            String.join("\n", AutomatonPrinter.text(automaton)));
    List<String> actual;
    try {
      actual = run(new Matcher(automaton, mostRuns, mostEvents), events, random);
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError(description, e);
    }
    assertThat(actual).as(description).isEqualTo(expected);
    return naive.overflows();
  }

  private static KeyLimit limit(Random random) {
    KeyLimit.Overflow overflow =
        random.nextBoolean() ? KeyLimit.Overflow.FAIL : KeyLimit.Overflow.DROP_OLDEST;
    return new KeyLimit(1 + random.nextInt(5), overflow);
  }

  /** Returns how many results there were; -1 if the pattern is none. */
  static int compare(long seed) throws Exception {
    RandomPatterns patterns = new RandomPatterns(seed);
    PatternSpec pattern = patterns.pattern();
    List<Happening> events = patterns.events(EVENTS);
    Automaton automaton;
    try {
      automaton = Automaton.of(pattern);
    } catch (ConfigurationException e) {
      return -1;
    }
    String description =
        "pattern.seed=" + seed + ": " + pattern.describe() + "\nover " + events + "\n";
    List<String> expected;
    try {
      expected = new NaiveMatcher(pattern, events).find();
    } catch (NaiveMatcher.TooManyWordsException e) {
      return -1;
    }
    List<String> actual;
    try {
      actual = run(new Matcher(automaton, KeyLimit.NONE, KeyLimit.NONE), events, new Random(seed));
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError(
          description + String.join("\n", AutomatonPrinter.text(automaton)), e);
    }
    assertThat(actual)
        .as(description + String.join("\n", AutomatonPrinter.text(automaton)))
        .isEqualTo(expected);
    return expected.size();
  }

  private static List<String> run(Matcher matcher, List<Happening> events, Random random)
      throws Exception {
    HeapMatchState state = new HeapMatchState();
    List<String> found = new ArrayList<>();
    for (Happening event : events) {
      fire(matcher, state, event.timeMs(), found);
      Collector step = new Collector();
      String before = state.describe();
      if (random.nextInt(4) == 0) {
        failOnce(matcher, state, event);
        assertThat(state.describe()).as("after a failure").isEqualTo(before);
      }
      try {
        matcher.onEvent(state, event.timeMs(), event, step);
      } catch (IllegalStateException tooMany) {
        assertThat(tooMany).hasMessageContaining("more than it may");
        assertThat(state.describe()).as("after too many").isEqualTo(before);
      }
      found.addAll(step.inOrder());
      state.checkCounts();
    }
    fire(matcher, state, Long.MAX_VALUE - 1, found);
    Collector end = new Collector();
    matcher.onEnd(state, end);
    found.addAll(end.inOrder());
    assertThat(state.size()).as(state.describe()).isZero();
    return found;
  }

  private static void failOnce(Matcher matcher, HeapMatchState state, Happening event) {
    try {
      // An event of another class, which makes the first condition that is asked fail.
      matcher.onEvent(state, event.timeMs(), "not an event", new Collector());
    } catch (ClassCastException expected) {
      return;
    } catch (Exception e) {
      throw new AssertionError(e);
    }
    throw new AssertionError("no condition was asked");
  }

  private static void fire(Matcher matcher, HeapMatchState state, long upToMs, List<String> found) {
    while (state.nextDueMs() <= upToMs) {
      long dueMs = state.nextDueMs();
      Collector step = new Collector();
      matcher.onTime(state, dueMs, state.due(dueMs), step);
      found.addAll(step.inOrder());
      state.checkCounts();
    }
  }

  /** The results of one step. */
  private static final class Collector implements MatchResults {
    private final List<String> matches = new ArrayList<>();
    private final List<String> partials = new ArrayList<>();

    @Override
    public void match(Path path) {
      matches.add(Found.match(path));
    }

    @Override
    public void partial(Path path, Reason reason) {
      partials.add(Found.partial(path, reason));
    }

    /** Partial matches that time out together come in no promised order. */
    List<String> inOrder() {
      Collections.sort(partials);
      matches.addAll(partials);
      return matches;
    }
  }
}
