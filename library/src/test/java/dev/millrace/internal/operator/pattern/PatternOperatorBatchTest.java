package dev.millrace.internal.operator.pattern;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.ConfigurationException;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.pattern.Automaton;
import dev.millrace.internal.pattern.AutomatonPrinter;
import dev.millrace.internal.pattern.Happening;
import dev.millrace.internal.pattern.KeyLimit;
import dev.millrace.internal.pattern.NaiveMatcher;
import dev.millrace.internal.pattern.PatternSpec;
import dev.millrace.internal.pattern.RandomPatterns;
import dev.millrace.internal.plan.MatchRules;
import dev.millrace.pattern.Pattern;
import dev.millrace.pattern.Unfinished;
import dev.millrace.time.TimeDomain;
import dev.millrace.window.Late;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The operator finds what enumeration finds, for random patterns over several keys, with events out
 * of order and late ones, full transactions, commits, aborts and restarts at any moment. With a
 * limit to partial matches or records it finds what it does in one go. Few or many of them are in
 * the row of a key. A failure names its seed: {@code -Dpattern.seed=...} runs that one alone.
 */
final class PatternOperatorBatchTest {

  private static final int EVENTS = 6;
  private static final int KEYS = 3;
  private static final int DELAY_MS = 5;

  @TempDir Path directory;

  private record Arrival(int key, Happening event, long atMs) {}

  /** The class of patterns gives the engine its views of matches, when it is loaded. */
  @BeforeAll
  static void loadPatterns() {
    assertThat(Pattern.<String>begin("any")).hasToString("begin any");
  }

  @Test
  void operatorFindsWhatEnumerationFinds() throws Exception {
    String one = System.getProperty("pattern.seed");
    if (one != null) {
      compare(Long.parseLong(one));
      return;
    }
    compareMany(150);
  }

  @Test
  @Tag("slow")
  void operatorFindsWhatEnumerationFindsInALongRun() throws Exception {
    compareMany(Integer.getInteger("pattern.count", 5_000));
  }

  private void compareMany(int count) throws Exception {
    long seed = Long.getLong("pattern.first", new Random().nextInt(Integer.MAX_VALUE));
    System.out.println("PatternOperatorBatchTest from seed " + seed);
    int compared = 0;
    while (compared < count) {
      compared += compare(seed) ? 1 : 0;
      seed++;
    }
  }

  private boolean compare(long seed) throws Exception {
    RandomPatterns patterns = new RandomPatterns(seed);
    PatternSpec pattern = patterns.pattern();
    Random random = new Random(seed);
    List<List<Happening>> events = new ArrayList<>();
    for (int key = 0; key < KEYS; key++) {
      int number = key;
      events.add(
          patterns.events(EVENTS).stream()
              .map(
                  event ->
                      new Happening(
                          event.index() + number * 100,
                          event.timeMs(),
                          event.letter(),
                          event.number()))
              .toList());
    }
    try {
      Automaton.of(pattern);
      for (List<Happening> ofKey : events) {
        new NaiveMatcher(pattern, ofKey).find();
      }
    } catch (ConfigurationException | NaiveMatcher.TooManyWordsException e) {
      return false;
    }
    String description =
        "pattern.seed="
            + seed
            + ": "
            + pattern.describe()
            + "\n"
            + String.join("\n", AutomatonPrinter.text(Automaton.of(pattern)))
            + "\nover "
            + events
            + "\n";
    MatchRules rules = rules(random);
    boolean limited = !rules.limit().equals(MatchRules.DEFAULT.limit());
    boolean buffering = rules.buffer().isPresent();
    int mostDelayMs = limited ? DELAY_MS : random.nextInt(DELAY_MS + 1);
    List<Step> steps = steps(arrivals(events, random), mostDelayMs, random);
    Outcome found;
    try {
      found = run(pattern, rules, steps, random);
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError(description, e);
    }
    Outcome undisturbed =
        limited || buffering
            ? inOneGo(pattern, rules, buffering ? steps : sortedLast(steps))
            : new Outcome(Map.of(), List.of());
    Set<Happening> tooLate = tooLate(steps);
    assertThat(found.late())
        .as(description)
        .containsExactlyInAnyOrderElementsOf(buffering ? undisturbed.late() : texts(tooLate));
    for (int key = 0; key < KEYS; key++) {
      List<Happening> inTime =
          events.get(key).stream().filter(event -> !tooLate.contains(event)).toList();
      List<String> expected =
          limited || buffering
              ? undisturbed.results().getOrDefault(key, List.of())
              : new NaiveMatcher(pattern, inTime).find();
      List<String> ofKey = found.results().getOrDefault(key, List.of());
      assertThat(only("match", ofKey)).as(description).isEqualTo(only("match", expected));
      // What times out together comes in no promised order.
      for (String reason : List.of("TIMED_OUT", "DROPPED")) {
        assertThat(only(reason, ofKey))
            .as(description)
            .containsExactlyInAnyOrderElementsOf(only(reason, expected));
      }
    }
    return true;
  }

  /** Now and then so few partial matches, or records, that some patterns have more. */
  private static MatchRules rules(Random random) {
    MatchRules rules =
        MatchRules.DEFAULT
            .unfinishedTo(Unfinished.tag("unfinished", Happening.class))
            .lateTo(Late.tag("late", Happening.class))
            .ordered(Comparator.comparingInt(Happening::index));
    KeyLimit.Overflow overflow =
        random.nextBoolean() ? KeyLimit.Overflow.FAIL : KeyLimit.Overflow.DROP_OLDEST;
    return switch (random.nextInt(5)) {
      case 0 -> rules.limited(new KeyLimit(1 + random.nextInt(5), overflow));
      case 1 -> rules.buffering(new KeyLimit(1 + random.nextInt(5), overflow));
      default -> rules;
    };
  }

  private static List<String> only(String what, List<String> results) {
    return results.stream().filter(result -> result.startsWith(what)).toList();
  }

  private static List<Arrival> arrivals(List<List<Happening>> events, Random random) {
    List<Arrival> all = new ArrayList<>();
    for (int key = 0; key < events.size(); key++) {
      for (Happening event : events.get(key)) {
        all.add(new Arrival(key, event, event.timeMs() + random.nextInt(DELAY_MS + 1)));
      }
    }
    all.sort(Comparator.comparingLong(Arrival::atMs));
    return all;
  }

  /** An event that comes, or the watermark that goes on to a time. */
  private record Step(@Nullable Arrival arrival, long watermarkMs) {}

  /** Events, with watermarks between them, so that some events may be late; then all time. */
  private static List<Step> steps(List<Arrival> arrivals, int mostDelayMs, Random random) {
    List<Step> steps = new ArrayList<>();
    long latestMs = 0;
    long watermarkMs = Long.MIN_VALUE;
    for (Arrival arrival : arrivals) {
      steps.add(new Step(arrival, watermarkMs));
      latestMs = Math.max(latestMs, arrival.event().timeMs());
      if (random.nextInt(3) == 0) {
        watermarkMs = Math.max(watermarkMs, latestMs - mostDelayMs);
        steps.add(new Step(null, watermarkMs));
      }
    }
    steps.add(new Step(null, latestMs + 50));
    steps.add(new Step(null, Long.MAX_VALUE));
    return steps;
  }

  /** All events before all time. */
  private static List<Step> sortedLast(List<Step> steps) {
    List<Step> sorted = new ArrayList<>(steps);
    sorted.sort(Comparator.comparing(step -> step.arrival() == null));
    return sorted;
  }

  private static Set<Happening> tooLate(List<Step> steps) {
    Set<Happening> late = new HashSet<>();
    for (Step step : steps) {
      if (step.arrival() != null && step.arrival().event().timeMs() < step.watermarkMs()) {
        late.add(step.arrival().event());
      }
    }
    return late;
  }

  /** What was found for each key, and what came too late or was dropped while it waited. */
  private record Outcome(Map<Integer, List<String>> results, List<String> late) {}

  private Outcome run(PatternSpec pattern, MatchRules rules, List<Step> steps, Random random)
      throws Exception {
    boolean onDisk = random.nextInt(8) == 0;
    Path place = onDisk ? Files.createTempDirectory(directory, "task") : null;
    Map<Integer, List<String>> found = new HashMap<>();
    try (PatternHarness harness = harness(pattern, rules, place)) {
      harness.bounds = bounds(random);
      harness.abort();
      Task task = new Task(harness, random, found);
      for (Step step : steps) {
        Arrival arrival = step.arrival();
        if (arrival == null) {
          task.watermark(step.watermarkMs());
        } else {
          task.run(() -> record(arrival, harness));
        }
      }
      task.commit();
      if (pattern.withinMs().isPresent() || pattern.skip().skips()) {
        assertThat(harness.rows()).as("rows that are left").isZero();
      }
      return new Outcome(found, task.late);
    }
  }

  private static KeyRows.Bounds bounds(Random random) {
    return random.nextBoolean()
        ? KeyRows.Bounds.DEFAULT
        : new KeyRows.Bounds(random.nextInt(4), random.nextInt(3), 1 + random.nextInt(3));
  }

  private static void record(Arrival arrival, PatternHarness harness) {
    harness.record("k" + arrival.key(), arrival.event().timeMs(), arrival.event());
  }

  private static List<String> texts(Set<Happening> late) {
    return late.stream().map(event -> event + "@" + event.timeMs() + " BEHIND_WATERMARK").toList();
  }

  private static PatternHarness harness(
      PatternSpec pattern, MatchRules rules, @Nullable Path place) {
    PatternHarness harness =
        new PatternHarness(
            pattern, Happening.class, rules, TimeDomain.EVENT, ErrorPolicy.skip(), place);
    harness.unfinished = PatternOperatorBatchTest::text;
    return harness;
  }

  /** Everything in one transaction. */
  private static Outcome inOneGo(PatternSpec pattern, MatchRules rules, List<Step> steps) {
    Map<Integer, List<String>> found = new HashMap<>();
    try (PatternHarness harness = harness(pattern, rules, null)) {
      for (Step step : steps) {
        if (step.arrival() == null) {
          assertThat(harness.watermark(step.watermarkMs())).isTrue();
        } else {
          record(step.arrival(), harness);
        }
      }
      harness.results.forEach(result -> add(result, found));
      return new Outcome(found, withoutCounts(harness.late));
    }
  }

  private static List<String> withoutCounts(List<String> late) {
    return late.stream().filter(event -> !event.startsWith("counted")).toList();
  }

  private static void add(String result, Map<Integer, List<String>> found) {
    String text = result.substring(0, result.lastIndexOf('@'));
    int key = Integer.parseInt(text.replaceAll("^[^=]*=(\\d+):.*$", "$1")) / 100;
    found.computeIfAbsent(key, ignored -> new ArrayList<>()).add(text);
  }

  private static String text(Unfinished<?> partial) {
    return partial.events().entrySet().stream()
        .flatMap(entry -> entry.getValue().stream().map(event -> Map.entry(entry.getKey(), event)))
        .sorted(Comparator.comparingInt(entry -> ((Happening) entry.getValue()).index()))
        .map(entry -> entry.getKey() + "=" + entry.getValue())
        .collect(Collectors.joining(" "));
  }

  /** A task that may be cut off at any moment, and then does again what was not committed. */
  private static final class Task {
    private final PatternHarness harness;
    private final Random random;
    private final Map<Integer, List<String>> found;
    private final List<Runnable> uncommitted = new ArrayList<>();
    private final List<String> late = new ArrayList<>();

    Task(PatternHarness harness, Random random, Map<Integer, List<String>> found) {
      this.harness = harness;
      this.random = random;
      this.found = found;
    }

    void run(Runnable action) {
      action.run();
      uncommitted.add(action);
      if (random.nextInt(6) == 0) {
        abort();
      }
      if (random.nextInt(4) == 0) {
        commit();
      }
    }

    void watermark(long toMs) {
      while (true) {
        harness.room.clear();
        for (int i = random.nextInt(4); i >= -1; i--) {
          harness.room.add(true);
        }
        harness.room.add(random.nextBoolean());
        boolean isDone = harness.watermark(toMs);
        harness.room.clear();
        if (random.nextInt(5) == 0) {
          abort();
          continue;
        }
        commit();
        if (isDone) {
          return;
        }
      }
    }

    private void abort() {
      harness.results.clear();
      harness.late.clear();
      harness.bounds = bounds(random);
      harness.abort();
      uncommitted.forEach(Runnable::run);
    }

    void commit() {
      harness.commit();
      uncommitted.clear();
      harness.results.forEach(result -> add(result, found));
      late.addAll(withoutCounts(harness.late));
      harness.late.clear();
      harness.results.clear();
    }
  }
}
