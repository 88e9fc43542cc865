package dev.millrace.internal.operator.pattern;

import static dev.millrace.internal.operator.pattern.PairPatterns.pair;
import static dev.millrace.internal.operator.pattern.PairPatterns.pairOfOneNumber;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.operator.ClockOutcome;
import dev.millrace.internal.pattern.KeyRow;
import dev.millrace.internal.pattern.PatternSpec;
import dev.millrace.internal.plan.MatchRules;
import dev.millrace.internal.spec.Specs;
import dev.millrace.internal.type.Types;
import dev.millrace.pattern.Pattern;
import dev.millrace.pattern.SkipStrategy;
import dev.millrace.time.TimeDomain;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * The operator beside its matcher: keys, late records, failures, the clock. Limits have a test of
 * their own, {@link PatternLimitsTest}.
 */
final class PatternOperatorTest {

  private static PatternHarness harness(Pattern<String> pattern, ErrorPolicy policy) {
    return PatternHarness.byEventTime(pattern, PatternHarness.RULES, policy);
  }

  private static PatternHarness byClock(Pattern<String> pattern) {
    return PatternHarness.byClock(pattern, PatternHarness.RULES, ErrorPolicy.fail());
  }

  @Test
  void keysHaveMatchesOfTheirOwn() {
    try (PatternHarness harness = harness(pair(), ErrorPolicy.fail())) {
      harness.record("k", 1, "a1");
      harness.record("l", 2, "b1");
      harness.record("kk", 3, "a2");
      harness.record("k", 4, "b2");
      harness.record("kk", 5, "b3");
      harness.watermark(10);
      assertThat(harness.results).containsExactly("match a=a1 b=b2@4", "match a=a2 b=b3@5");
      assertThat(harness.rows()).isZero();
    }
  }

  @Test
  void whatComesTooLateOrIsTooFarAheadIsNotTaken() {
    try (PatternHarness harness = harness(pair(), ErrorPolicy.fail())) {
      harness.watermark(10);
      harness.record("k", 9, "a1");
      harness.record("k", 99, "a2", FrameFormat.TOO_FAR_AHEAD);
      assertThat(harness.late)
          .containsExactly(
              "counted 1", "a1@9 BEHIND_WATERMARK", "counted 1", "a2@99 TOO_FAR_AHEAD");
      assertThat(harness.rows()).isZero();
    }
  }

  @Test
  void anEventOnWhichAConditionFailsHasNotCome() {
    try (PatternHarness harness = harness(pair(), ErrorPolicy.deadLetter())) {
      harness.record("k", 1, "a1");
      harness.record("k", 2, "!");
      harness.record("k", 3, "b1");
      harness.watermark(10);
      assertThat(harness.results).containsExactly("match a=a1 b=b1@3");
      assertThat(harness.letters)
          .containsExactly(new EventLetter("k", Instant.ofEpochMilli(2), "!"));
    }
  }

  @Test
  void aMatchOnWhichTheFunctionFailsIsItsDeadLetterAndOthersAreNotTouched() {
    Pattern<String> pattern = pair();
    try (PatternHarness harness = harness(pattern, ErrorPolicy.deadLetter())) {
      harness.failAt("a=a1 b=b1");
      harness.record("k", 1, "a1");
      harness.record("k", 2, "a2");
      harness.record("k", 3, "b1");
      harness.watermark(10);
      assertThat(harness.results).containsExactly("match a=a2 b=b1@3");
      assertThat(harness.letters)
          .containsExactly(new MatchLetter("k", Map.of("a", List.of("a1"), "b", List.of("b1"))));
      assertThat(harness.rows()).isZero();
    }
  }

  @Test
  void aFailureStopsTheJobIfThePolicySaysSo() {
    try (PatternHarness harness = harness(pair(), ErrorPolicy.fail())) {
      harness.record("k", 1, "a1");
      harness.record("k", 2, "!");
      assertThatThrownBy(() -> harness.watermark(10)).hasMessage("the job stops");
    }
  }

  @Test
  void eventsOfOneTimeComeInTheOrderThatIsAskedFor() {
    MatchRules rules = PatternHarness.RULES.ordered(Comparator.<String>naturalOrder());
    try (PatternHarness harness = PatternHarness.byEventTime(pair(), rules, ErrorPolicy.fail())) {
      harness.record("k", 5, "b1");
      harness.record("l", 5, "a9");
      harness.record("k", 5, "a2");
      harness.record("k", 5, "a1");
      harness.watermark(10);
      assertThat(harness.results).containsExactly("match a=a1 b=b1@5", "match a=a2 b=b1@5");
    }
  }

  @Test
  void whatIsFoundAndWhatTimesOutIsCountedAlsoIfNobodyReadsIt() {
    Pattern<String> pattern = pair().within(Duration.ofMillis(10));
    try (PatternHarness harness =
        PatternHarness.byEventTime(pattern, MatchRules.DEFAULT, ErrorPolicy.fail())) {
      harness.record("k", 1, "a1");
      harness.record("k", 1, "a2");
      harness.record("k", 2, "b1");
      harness.record("k", 3, "a3");
      harness.watermark(50);
      assertThat(harness.results).containsExactly("match a=a1 b=b1@2", "match a=a2 b=b1@2");
      assertThat(harness.counted).isEqualTo(Map.of("matches", 2, "timed out", 1));
    }
  }

  // ------------------------------------------------------------------ what an event costs

  @Test
  void anEventChangesNoMoreRowsBecauseManyOthersWait() {
    Pattern<String> pattern =
        pair().followedBy("c").where(word -> word.startsWith("c")).within(Duration.ofSeconds(1));
    try (PatternHarness harness = harness(pattern, ErrorPolicy.fail())) {
      for (int i = 0; i < 200; i++) {
        harness.record("k", i, "a" + i);
      }
      harness.watermark(200);
      harness.commit();
      harness.record("k", 200, "x");
      harness.watermark(201);
      assertThat(harness.changedRuns()).isZero();
      harness.record("k", 201, "a201");
      harness.watermark(202);
      // The head, the run and the event.
      assertThat(harness.changedRuns()).isEqualTo(3);
    }
  }

  @Test
  void anEventPassesNoneOfThoseThatAreFurtherOn() {
    assertThat(passedWithFurtherOn(400)).isEqualTo(passedWithFurtherOn(100)).isLessThan(10);
  }

  /** Returns how many rows are passed for one partial match while others are a stage further. */
  private static long passedWithFurtherOn(int others) {
    Pattern<String> pattern =
        pair().followedBy("c").where(word -> word.startsWith("c")).within(Duration.ofSeconds(10));
    try (PatternHarness harness = harness(pattern, ErrorPolicy.fail())) {
      for (int i = 0; i < others; i++) {
        harness.record("k", 0, "a" + i);
      }
      goesOn(harness, 1);
      goesOn(harness, 4); // It is the first to pass the others.
      harness.scans().rows = 0;
      goesOn(harness, 7);
      long passed = harness.scans().rows;
      harness.abort();
      harness.record("k", 10, "c1");
      harness.watermark(11);
      assertThat(harness.results).hasSize(others + 3);
      assertThat(harness.rows()).isZero();
      return passed;
    }
  }

  /** A partial match begins, and takes its second event. */
  private static void goesOn(PatternHarness harness, long timeMs) {
    harness.record("k", timeMs, "a");
    harness.record("k", timeMs + 1, "b");
    harness.watermark(timeMs + 2);
    harness.commit();
  }

  @Test
  void aKeyWithFewPartialMatchesIsOneRow() {
    Pattern<String> pattern =
        pair().followedBy("c").where(word -> word.startsWith("c")).within(Duration.ofSeconds(1));
    try (PatternHarness harness = harness(pattern, ErrorPolicy.fail())) {
      harness.record("k", 1, "a1");
      harness.record("k", 1, "a2");
      harness.watermark(2);
      assertThat(harness.changedRuns()).isEqualTo(1);
      assertThat(harness.rows()).as("with one for when both are due").isEqualTo(2);
      harness.commit();
      harness.record("k", 2, "b1");
      harness.watermark(3);
      assertThat(harness.rows()).isEqualTo(2);
      harness.commit();
      harness.abort();
      harness.record("k", 3, "a3");
      harness.record("k", 4, "c1");
      harness.watermark(5);
      harness.watermark(1_002);
      assertThat(harness.results)
          .containsExactly("match a=a1 b=b1 c=c1@4", "match a=a2 b=b1 c=c1@4");
      assertThat(harness.rows()).isEqualTo(2);
      harness.watermark(2_000);
      assertThat(harness.results).last().isEqualTo("TIMED_OUT {a=[a3]}@1003");
      assertThat(harness.rows()).isZero();
    }
  }

  @Test
  void recordsThatAreLargeTogetherAreRowsOfTheirOwn() {
    String large = "x".repeat(1_500);
    try (PatternHarness harness = harness(pair(), ErrorPolicy.fail())) {
      harness.record("k", 1, "a1" + large);
      harness.record("l", 1, "a2" + large + large);
      harness.watermark(2);
      assertThat(harness.rows()).isEqualTo(2);
      harness.record("k", 2, "a3" + large);
      harness.watermark(3);
      assertThat(harness.rows()).as("and two partial matches with a record each").isEqualTo(6);
      harness.commit();
      harness.abort();
      harness.record("k", 4, "a4" + large);
      harness.record("k", 5, "b1");
      harness.record("l", 5, "b2");
      harness.watermark(6);
      assertThat(harness.results).hasSize(4);
      assertThat(harness.rows()).isZero();
    }
  }

  @Test
  void aRecordThatIsLargeIsNotWrittenAgainWithEachChangeOfItsKey() {
    Pattern<String> pattern =
        Pattern.<String>begin("a")
            .where(word -> word.startsWith("a"))
            .notNext("n")
            .where(word -> word.startsWith("n"))
            .followedBy("b")
            .where(PairPatterns::isB);
    try (PatternHarness harness = harness(pattern, ErrorPolicy.fail())) {
      String large = "x".repeat(3_000);
      harness.record("k", 1, "a" + large);
      harness.record("l", 1, "a" + large);
      harness.record("l", 1, "x");
      harness.watermark(2);
      assertThat(harness.rows()).as("each is written only once").isEqualTo(2);
      harness.commit();
      harness.record("k", 3, "x");
      harness.watermark(4);
      assertThat(harness.rows()).as("the key, its match, its record, and the other").isEqualTo(4);
      harness.commit();
      harness.record("k", 4, "a2");
      harness.watermark(5);
      assertThat(harness.changedRuns()).isEqualTo(3);
      harness.abort();
      harness.record("k", 4, "b1");
      harness.record("l", 4, "b1");
      harness.watermark(5);
      assertThat(harness.results).hasSize(2);
      assertThat(harness.rows()).isZero();
    }
  }

  @Test
  void aKeyWithManyPartialMatchesGoesOnAsOneWithFew() {
    Pattern<String> pattern =
        pair().followedBy("c").where(word -> word.startsWith("c")).within(Duration.ofSeconds(1));
    try (PatternHarness harness = harness(pattern, ErrorPolicy.fail())) {
      for (int round = 0; round < 2; round++) {
        long from = round * 2_000;
        harness.record("l", from, "a0");
        for (int i = 0; i < KeyRow.MOST; i++) {
          harness.record("k", from + i, "a" + i);
        }
        harness.watermark(from + 20);
        harness.commit();
        harness.record("k", from + 20, "a20");
        harness.watermark(from + 21);
        harness.abort();
        harness.record("k", from + 21, "a21");
        harness.record("k", from + 22, "a22");
        harness.watermark(from + 23);
        harness.commit();
        harness.record("k", from + 30, "b1");
        harness.record("l", from + 50, "b2");
        harness.watermark(from + 60);
        harness.abort();
        harness.record("k", from + 30, "b1");
        harness.record("k", from + 40, "c1");
        harness.record("l", from + 50, "b2");
        harness.watermark(from + 1_999);
        harness.commit();
        assertThat(harness.results)
            .hasSize(KeyRow.MOST + 3)
            .startsWith("match a=a0 b=b1 c=c1@" + (from + 40))
            .contains("match a=a22 b=b1 c=c1@" + (from + 40))
            .endsWith("TIMED_OUT {a=[a0], b=[b2]}@" + (from + 1_000));
        assertThat(harness.rows()).isZero();
        harness.results.clear();
      }
    }
  }

  // ------------------------------------------------------------------ a changed pattern

  @Test
  void matchesThatWaitAreEmittedOnceNothingIsSkippedAnyMore() {
    Pattern<String> pattern = pairOfOneNumber();
    try (PatternHarness harness =
        harness(pattern.skip(SkipStrategy.pastLast()), ErrorPolicy.fail())) {
      for (String key : List.of("k", "l")) {
        harness.record(key, 1, "a1");
        harness.record(key, 2, "a2");
        harness.record(key, 3, "b2");
      }
      harness.watermark(4);
      assertThat(harness.results).isEmpty();
      harness.goOnWith(pattern.skip(SkipStrategy.noSkip()));
      harness.record("k", 5, "b1");
      harness.watermark(6);
      assertThat(harness.results)
          .containsExactlyInAnyOrder("match a=a1 b=b1@5", "match a=a2 b=b2@5");
      assertThat(harness.watermark(Long.MAX_VALUE)).isTrue();
      assertThat(harness.results).hasSize(3).last().isEqualTo("match a=a2 b=b2@6");
      assertThat(harness.rows()).isZero();
    }
  }

  /** It is read with one that is due at the time, and has been due later before. */
  @Test
  void whatIsDueWithAnotherInLessTimeIsNotForgotten() {
    Pattern<String> pattern = pairOfOneNumber();
    try (PatternHarness harness =
        harness(
            pattern.within(Duration.ofMillis(100)).skip(SkipStrategy.pastLast()),
            ErrorPolicy.fail())) {
      harness.record("k", 0, "a1");
      harness.record("k", 80, "a2");
      harness.record("k", 85, "b2");
      harness.record("k", 90, "a3");
      harness.watermark(95);
      assertThat(harness.results).isEmpty();
      harness.goOnWith(pattern.within(Duration.ofMillis(10)).skip(SkipStrategy.pastLast()));
      harness.watermark(1_000);
      assertThat(harness.results)
          .containsExactly(
              "match a=a2 b=b2@100", "TIMED_OUT {a=[a1]}@100", "TIMED_OUT {a=[a3]}@100");
      assertThat(harness.rows()).isZero();
    }
  }

  @Test
  void whatIsOverdueInLessTimeIsNotLateDownstream() {
    try (PatternHarness harness =
        harness(pair().followedBy("c").within(Duration.ofMillis(100)), ErrorPolicy.fail())) {
      harness.record("k", 1, "a1");
      harness.watermark(50);
      harness.goOnWith(pair().followedBy("c").within(Duration.ofMillis(10)));
      harness.record("k", 60, "b1");
      harness.watermark(70);
      harness.watermark(200);
      assertThat(harness.results).containsExactly("TIMED_OUT {a=[a1], b=[b1]}@50");
      assertThat(harness.rows()).isZero();
    }
  }

  // ------------------------------------------------------------------ processing time

  @Test
  void byTheClockEventsComeAsTheyArrive() {
    try (PatternHarness harness = byClock(pair().within(Duration.ofMillis(10)))) {
      harness.record("k", 7, "a1");
      harness.record("k", 3, "b1");
      assertThat(harness.results).containsExactly("match a=a1 b=b1@3");
      assertThat(harness.rows()).isZero();
    }
  }

  @Test
  void byTheClockTimeIsOverAlsoIfNothingComes() {
    try (PatternHarness harness = byClock(pair().within(Duration.ofMillis(10)))) {
      harness.record("k", 7, "a1");
      assertThat(harness.clock(harness.clockMs + 9)).isEqualTo(ClockOutcome.NOTHING);
      assertThat(harness.clock(harness.clockMs + 1)).isEqualTo(ClockOutcome.DONE);
      harness.record("k", 8, "b1");
      assertThat(harness.results).containsExactly("TIMED_OUT {a=[a1]}@1000010");
      assertThat(harness.rows()).isZero();
    }
  }

  /** Else it could be taken by what is over by then. */
  @Test
  void byTheClockAnEventIsNotLaterThanWhatIsDueAndHasNotFired() {
    try (PatternHarness harness = byClock(pair().within(Duration.ofMillis(10)))) {
      harness.record("k", 7, "a1");
      harness.clockMs += 50; // The worker has not looked at it yet.
      harness.record("k", 8, "b1");
      assertThat(harness.results).containsExactly("match a=a1 b=b1@8");
    }
  }

  /** A condition does not say so: what is in a list shows when it is written. */
  @Test
  void byTheClockARecordThatCannotBeKeptChangesNothing() {
    Pattern<List<String>> pattern =
        Pattern.<List<String>>begin("a")
            .where(words -> !words.isEmpty())
            .followedBy("b")
            .where(List::isEmpty);
    try (PatternHarness harness =
        new PatternHarness(
            Specs.of(pattern, PatternSpec.class),
            Types.parameterized(List.class, String.class),
            PatternHarness.RULES,
            TimeDomain.PROCESSING,
            ErrorPolicy.skip(),
            null)) {
      harness.record("k", 1, List.of(1));
      assertThat(harness.failures).hasSize(1);
      assertThat(harness.rows()).isZero();
      harness.record("k", 2, List.of("a"));
      harness.record("k", 3, List.of());
      assertThat(harness.results).containsExactly("match a=[a] b=[]@3");
      assertThat(harness.rows()).isZero();
    }
  }

  @Test
  void byTheClockRestartsGoOn() {
    try (PatternHarness harness = byClock(pair().within(Duration.ofMillis(10)))) {
      harness.record("k", 7, "a1");
      harness.commit();
      harness.abort();
      harness.record("k", 7, "b1");
      harness.abort();
      assertThat(harness.clock(harness.clockMs + 10)).isEqualTo(ClockOutcome.DONE);
      assertThat(harness.results)
          .containsExactly("match a=a1 b=b1@7", "TIMED_OUT {a=[a1]}@1000010");
    }
  }
}
