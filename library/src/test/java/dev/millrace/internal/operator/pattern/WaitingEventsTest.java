package dev.millrace.internal.operator.pattern;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.pattern.KeyLimit;
import dev.millrace.internal.plan.MatchRules;
import dev.millrace.internal.plan.StagePatternMatch;
import dev.millrace.pattern.Pattern;
import dev.millrace.window.Late;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Events come in their order, each once, however long they wait and however many they are. */
final class WaitingEventsTest {

  private static final int MANY = 40_000;

  private record Event(String key, long timeMs, String name) {}

  private static PatternHarness harness(MatchRules rules) {
    return PatternHarness.byEventTime(Pattern.begin("any"), rules, ErrorPolicy.fail());
  }

  /** Events with random times and keys. */
  private static List<Event> events(int count, int keys, int untilMs, Random random) {
    List<Event> events = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String key = "k" + (10 + random.nextInt(keys));
      events.add(new Event(key, random.nextInt(untilMs), "e" + i));
    }
    return events;
  }

  private static void record(PatternHarness harness, Event event) {
    harness.record(event.key(), event.timeMs(), event.name());
  }

  private static List<String> inOrder(List<Event> events, Comparator<Event> order) {
    return events.stream()
        .sorted(
            Comparator.comparingLong(Event::timeMs)
                .thenComparing(event -> event.key().length())
                .thenComparing(Event::key)
                .thenComparing(order))
        .map(event -> "match any=" + event.name() + "@" + event.timeMs())
        .toList();
  }

  @Test
  void moreThanTheQueueHoldsComeInOrder() {
    Random random = new Random(1);
    List<Event> events = new ArrayList<>();
    for (int i = 0; i < MANY; i++) {
      events.add(new Event("k" + random.nextInt(10), i / 10 * 3L, "e" + i));
    }
    try (PatternHarness harness = harness(MatchRules.DEFAULT)) {
      events.forEach(event -> record(harness, event));
      for (long timeMs = 0; timeMs < MANY; timeMs += 1_000) {
        assertThat(harness.watermark(timeMs)).isTrue();
      }
      assertThat(harness.results).isEqualTo(inOrder(events, byArrival()));
      assertThat(harness.rows()).isZero();
    }
  }

  /** Each commit cuts blocks that reach from the beginning to the end. */
  @Test
  void blocksThatOverlapAreTakenApartInOrder() {
    List<Event> events = events(MANY, 100, 10_000, new Random(2));
    try (PatternHarness harness = harness(MatchRules.DEFAULT)) {
      for (int i = 0; i < MANY; i++) {
        record(harness, events.get(i));
        if (i % 100 == 99) {
          harness.commit();
        }
      }
      assertThat(harness.rows(StagePatternMatch.INPUT)).isEqualTo(MANY / 100);
      for (long timeMs = 0; timeMs <= 10_000; timeMs += 2_500) {
        assertThat(harness.watermark(timeMs)).isTrue();
        harness.commit();
        harness.abort();
      }
      assertThat(harness.results).isEqualTo(inOrder(events, byArrival()));
      assertThat(harness.rows(StagePatternMatch.INPUT)).isZero();
    }
  }

  @Test
  void allOfOneTimeAndKeyAreSortedTogether() {
    List<Event> events = events(MANY, 2, 2, new Random(3));
    MatchRules rules = MatchRules.DEFAULT.ordered(Comparator.<String>naturalOrder());
    try (PatternHarness harness = harness(rules)) {
      for (int i = 0; i < MANY; i++) {
        record(harness, events.get(i));
        if (i % 3_000 == 0) {
          harness.commit();
        }
      }
      assertThat(harness.watermark(10)).isTrue();
      assertThat(harness.results).isEqualTo(inOrder(events, Comparator.comparing(Event::name)));
      assertThat(harness.rows()).isZero();
    }
  }

  @Test
  void aBlockOfLargeEventsIsCutSmaller() {
    try (PatternHarness harness = harness(MatchRules.DEFAULT)) {
      for (int i = 0; i < 20; i++) {
        harness.record("k", 100 + i, i + "x".repeat(20_000));
      }
      harness.commit();
      assertThat(harness.rows(StagePatternMatch.INPUT)).isBetween(6, 20);
      harness.watermark(110);
      harness.commit();
      harness.abort();
      harness.watermark(200);
      assertThat(harness.results)
          .extracting(result -> result.replaceAll("x+", ""))
          .startsWith("match any=0@100", "match any=1@101")
          .endsWith("match any=19@119")
          .hasSize(20);
      assertThat(harness.rows()).isZero();
    }
  }

  @Test
  void fewLargeEventsAreInTheQueue() {
    String large = "x".repeat(200_000);
    try (PatternHarness harness = harness(MatchRules.DEFAULT)) {
      for (int i = 0; i < 20; i++) {
        harness.record("k", 100 + i, large);
        harness.commit();
      }
      assertThat(harness.rows(StagePatternMatch.INPUT)).isEqualTo(20);
      for (int i = 20; i < 220; i++) {
        harness.record("k", 100 + i, large);
      }
      assertThat(harness.rows(StagePatternMatch.INPUT)).as("before a commit").isGreaterThan(100);
      harness.watermark(400);
      assertThat(harness.results).hasSize(220);
      assertThat(harness.rows()).isZero();
    }
  }

  @Test
  void theEarliestOfAKeyAreDroppedOutOfAllBlocks() {
    MatchRules rules =
        MatchRules.DEFAULT
            .lateTo(Late.tag("late", String.class))
            .buffering(new KeyLimit(10, KeyLimit.Overflow.DROP_OLDEST));
    try (PatternHarness harness = harness(rules)) {
      for (int i = 0; i < 10; i++) {
        harness.record("k", 100 - i, "k" + i);
        harness.record("l", 100 - i, "l" + i);
        if (i % 3 == 2) {
          harness.commit();
        }
      }
      harness.record("k", 200, "k10");
      assertThat(harness.late).containsExactly("k9@91 TOO_MANY", "k8@92 TOO_MANY");
      harness.commit();
      harness.abort();
      harness.watermark(300);
      assertThat(harness.results).hasSize(19).contains("match any=l9@91", "match any=k7@93");
      assertThat(harness.rows()).isZero();
    }
  }

  private static Comparator<Event> byArrival() {
    return Comparator.comparingInt(event -> Integer.parseInt(event.name().substring(1)));
  }
}
