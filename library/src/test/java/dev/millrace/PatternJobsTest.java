package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ConfigurationException;
import dev.millrace.internal.pattern.Automaton;
import dev.millrace.internal.pattern.Happening;
import dev.millrace.internal.pattern.NaiveMatcher;
import dev.millrace.internal.pattern.PatternSpec;
import dev.millrace.internal.pattern.RandomPatterns;
import dev.millrace.output.OutputTag;
import dev.millrace.pattern.Match;
import dev.millrace.pattern.Pattern;
import dev.millrace.pattern.Unfinished;
import dev.millrace.testkit.CommitFailure;
import dev.millrace.testkit.JobTest;
import dev.millrace.testkit.LocalState;
import dev.millrace.testkit.TestTopic;
import dev.millrace.time.Watermarks;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Whole jobs find what enumeration finds: random patterns over several keys, with events out of
 * order in any number of partitions, on two instances that take turns at random, commit in the
 * middle of their work, and of whose commits one fails, each time another. A failure names its
 * seed: {@code -Dpattern.seed=...} runs that one alone.
 */
final class PatternJobsTest {

  private static final int EVENTS = 6;
  private static final int KEYS = 4;
  private static final int DELAY_MS = 5;
  private static final int MAX_COMMITS = 12;
  private static final Instant START = Instant.parse("2025-01-01T00:00:00Z");

  /** An event as it is in a topic. */
  record Row(int index, long timeMs, String letter, int number) {
    static Row of(Happening event) {
      return new Row(event.index(), event.timeMs(), String.valueOf(event.letter()), event.number());
    }

    Happening event() {
      return new Happening(index, timeMs, letter.charAt(0), number);
    }
  }

  private record Arrival(Happening event, long atMs) {}

  /** The class of patterns gives the engine its views of matches, when it is loaded. */
  @BeforeAll
  static void loadPatterns() {
    assertThat(Pattern.<String>begin("any")).hasToString("begin any");
  }

  @Test
  void jobsFindWhatEnumerationFinds() throws Exception {
    String one = System.getProperty("pattern.seed");
    if (one != null) {
      compare(Long.parseLong(one));
      return;
    }
    compareMany(20);
  }

  @Test
  @Tag("slow")
  void jobsFindWhatEnumerationFindsInALongRun() throws Exception {
    compareMany(Integer.getInteger("pattern.jobs", 500));
  }

  private static void compareMany(int count) throws Exception {
    long seed = new Random().nextInt(Integer.MAX_VALUE);
    System.out.println("PatternJobsTest from seed " + seed);
    for (int compared = 0; compared < count; seed++) {
      compared += compare(seed) ? 1 : 0;
    }
  }

  private static boolean compare(long seed) throws Exception {
    RandomPatterns patterns = new RandomPatterns(seed);
    PatternSpec pattern = patterns.pattern();
    Random random = new Random(seed);
    List<Arrival> arrivals = new ArrayList<>();
    List<List<String>> expected = new ArrayList<>();
    for (int key = 0; key < KEYS; key++) {
      List<Happening> events = new ArrayList<>();
      for (Happening event : patterns.events(EVENTS)) {
        int index = key * 100 + event.index();
        events.add(new Happening(index, event.timeMs(), event.letter(), event.number()));
      }
      try {
        Automaton.of(pattern);
        expected.add(new NaiveMatcher(pattern, events).find());
      } catch (ConfigurationException | NaiveMatcher.TooManyWordsException e) {
        return false;
      }
      for (Happening event : events) {
        arrivals.add(new Arrival(event, event.timeMs() + random.nextInt(DELAY_MS + 1)));
      }
    }
    arrivals.sort(Comparator.comparingLong(Arrival::atMs));
    List<String> found = run(pattern, arrivals, random);
    for (int key = 0; key < KEYS; key++) {
      String description = "pattern.seed=" + seed + ", key " + key + ": " + pattern.describe();
      String prefix = key + ": ";
      List<String> ofKey =
          found.stream()
              .filter(result -> result.startsWith(prefix))
              .map(result -> result.substring(prefix.length()))
              .toList();
      assertThat(only("match", ofKey)).as(description).isEqualTo(only("match", expected.get(key)));
      assertThat(only("TIMED_OUT", ofKey))
          .as(description)
          .containsExactlyInAnyOrderElementsOf(only("TIMED_OUT", expected.get(key)));
    }
    return true;
  }

  private static List<String> only(String what, List<String> results) {
    return results.stream().filter(result -> result.startsWith(what)).toList();
  }

  private static List<String> run(PatternSpec pattern, List<Arrival> arrivals, Random random) {
    int partitions = 1 + random.nextInt(4);
    CommitFailure failure = CommitFailure.values()[random.nextInt(CommitFailure.values().length)];
    LocalState state = random.nextBoolean() ? LocalState.KEPT : LocalState.LOST;
    try (JobTest test =
        JobTest.builder(job(pattern, 1 + random.nextInt(4)))
            .instances(2)
            .seed(random.nextInt(1_000_000))
            .build()) {
      test.failCommit(random.nextInt(MAX_COMMITS), failure, state);
      TestTopic<Row> topic = test.topic("events", Row.class).partitions(partitions);
      for (Arrival arrival : arrivals) {
        topic.send(random.nextInt(partitions), Row.of(arrival.event()));
        if (random.nextInt(4) == 0) {
          test.run();
        }
      }
      test.endInput();
      return test.output("found", String.class);
    }
  }

  private static Job job(PatternSpec pattern, int tasks) {
    Job job = Job.named("job");
    OutputTag<Unfinished<Happening>> tag = Unfinished.tag("unfinished", Happening.class);
    DataStream<String> found =
        job.source(
                KafkaSource.json("events", Row.class)
                    .eventTime(row -> START.plusMillis(row.timeMs()))
                    .watermarks(Watermarks.boundedOutOfOrderness(Duration.ofMillis(DELAY_MS))))
            .map(Happening.class, row -> row.event())
            .keyBy(PatternJobsTest::key)
            .parallelism(tasks)
            .matched(pattern)
            .ordered(Comparator.comparingInt(Happening::index))
            .unfinishedTo(tag)
            .select(String.class, match -> text(match));
    found.to(KafkaSink.strings("found"));
    found
        .sideOutput(tag)
        .map(String.class, partial -> text(partial))
        .to(KafkaSink.strings("found"));
    return job;
  }

  private static Integer key(Happening event) {
    return event.index() / 100;
  }

  private static String text(Match<Happening> match) {
    Map<Happening, String> stages = new IdentityHashMap<>();
    match.byStage().forEach((stage, events) -> events.forEach(each -> stages.put(each, stage)));
    return match.events().stream()
        .map(event -> stages.get(event) + "=" + event)
        .collect(Collectors.joining(" ", key(match.events().get(0)) + ": match ", ""));
  }

  private static String text(Unfinished<Happening> partial) {
    Stream<Map.Entry<String, Happening>> taken =
        partial.events().entrySet().stream()
            .flatMap(
                entry -> entry.getValue().stream().map(event -> Map.entry(entry.getKey(), event)));
    List<Map.Entry<String, Happening>> sorted =
        taken.sorted(Comparator.comparingInt(entry -> entry.getValue().index())).toList();
    return sorted.stream()
        .map(entry -> entry.getKey() + "=" + entry.getValue())
        .collect(Collectors.joining(" ", key(sorted.get(0).getValue()) + ": TIMED_OUT ", ""));
  }
}
