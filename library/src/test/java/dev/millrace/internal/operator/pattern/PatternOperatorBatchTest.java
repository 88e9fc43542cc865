package dev.millrace.internal.operator.pattern;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.ConfigurationException;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.pattern.Automaton;
import dev.millrace.internal.pattern.AutomatonPrinter;
import dev.millrace.internal.pattern.Happening;
import dev.millrace.internal.pattern.NaiveMatcher;
import dev.millrace.internal.pattern.PatternSpec;
import dev.millrace.internal.pattern.RandomPatterns;
import dev.millrace.internal.plan.MatchRules;
import dev.millrace.pattern.Unfinished;
import dev.millrace.time.TimeDomain;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The operator finds what enumeration finds, for random patterns over several keys, with events out
 * of order, full transactions, commits, aborts and restarts at any moment. A failure names its
 * seed: {@code -Dpattern.seed=...} runs that one alone.
 */
final class PatternOperatorBatchTest {

  private static final int EVENTS = 6;
  private static final int KEYS = 3;
  private static final int DELAY_MS = 5;

  @TempDir Path directory;

  private record Arrival(int key, Happening event, long atMs) {}

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
    long seed = new Random().nextInt(Integer.MAX_VALUE);
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
    Map<Integer, List<String>> expected = new HashMap<>();
    for (int key = 0; key < KEYS; key++) {
      int number = key;
      List<Happening> ofKey =
          patterns.events(EVENTS).stream()
              .map(
                  event ->
                      new Happening(
                          event.index() + number * 100,
                          event.timeMs(),
                          event.letter(),
                          event.number()))
              .toList();
      events.add(ofKey);
      try {
        Automaton.of(pattern);
        expected.put(key, new NaiveMatcher(pattern, ofKey).find());
      } catch (ConfigurationException | NaiveMatcher.TooManyWordsException e) {
        return false;
      }
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
    Map<Integer, List<String>> found;
    try {
      found = run(pattern, arrivals(events, random), random);
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError(description, e);
    }
    for (int key = 0; key < KEYS; key++) {
      List<String> ofKey = found.getOrDefault(key, List.of());
      assertThat(only("match", ofKey)).as(description).isEqualTo(only("match", expected.get(key)));
      // What times out together comes in no promised order.
      assertThat(only("TIMED_OUT", ofKey))
          .as(description)
          .containsExactlyInAnyOrderElementsOf(only("TIMED_OUT", expected.get(key)));
    }
    return true;
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

  private Map<Integer, List<String>> run(PatternSpec pattern, List<Arrival> arrivals, Random random)
      throws Exception {
    MatchRules rules =
        MatchRules.DEFAULT
            .unfinishedTo(Unfinished.tag("unfinished", Happening.class))
            .ordered(Comparator.comparingInt(Happening::index));
    boolean onDisk = random.nextInt(8) == 0;
    Path place = onDisk ? Files.createTempDirectory(directory, "task") : null;
    Map<Integer, List<String>> found = new HashMap<>();
    try (PatternHarness harness =
        new PatternHarness(
            pattern, Happening.class, rules, TimeDomain.EVENT, ErrorPolicy.fail(), place)) {
      harness.unfinished = PatternOperatorBatchTest::text;
      Task task = new Task(harness, random, found);
      long latestMs = 0;
      for (Arrival arrival : arrivals) {
        Happening event = arrival.event();
        task.run(() -> harness.record("k" + arrival.key(), event.timeMs(), event));
        latestMs = Math.max(latestMs, event.timeMs());
        if (random.nextInt(3) == 0) {
          task.watermark(latestMs - DELAY_MS);
        }
      }
      task.watermark(latestMs + 50);
      task.watermark(Long.MAX_VALUE);
      task.commit();
      assertThat(harness.late).isEmpty();
      if (pattern.withinMs().isPresent() || pattern.skip().skips()) {
        assertThat(harness.rows()).as("rows that are left").isZero();
      }
    }
    return found;
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
      harness.abort();
      uncommitted.forEach(Runnable::run);
    }

    void commit() {
      harness.commit();
      uncommitted.clear();
      for (String result : harness.results) {
        String text = result.substring(0, result.lastIndexOf('@'));
        int key = Integer.parseInt(text.replaceAll("^[^=]*=(\\d+):.*$", "$1")) / 100;
        found.computeIfAbsent(key, ignored -> new ArrayList<>()).add(text);
      }
      harness.results.clear();
    }
  }
}
