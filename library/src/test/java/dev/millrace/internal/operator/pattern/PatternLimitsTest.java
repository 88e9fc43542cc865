package dev.millrace.internal.operator.pattern;

import static dev.millrace.internal.operator.pattern.PairPatterns.pair;
import static dev.millrace.internal.operator.pattern.PairPatterns.pairOfOneNumber;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.pattern.KeyLimit;
import dev.millrace.internal.plan.MatchRules;
import dev.millrace.internal.plan.StagePatternMatch;
import dev.millrace.pattern.Pattern;
import dev.millrace.pattern.SkipStrategy;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a key may have: partial matches, and records that they hold or that wait. */
final class PatternLimitsTest {

  private static final Pattern<String> PAIR_IN_TIME = pair().within(Duration.ofMillis(100));

  // ------------------------------------------------------------------ partial matches of a key

  /** Three partial matches of a key, one more than it may have, and the event that ends them. */
  private static void threeBeginAndEndTogether(PatternHarness harness) {
    harness.record("k", 1, "a1");
    harness.record("k", 2, "a2");
    harness.record("k", 3, "a3");
    harness.record("k", 4, "b1");
    harness.watermark(10);
  }

  @Test
  void theEventThatIsOneTooManyFails() {
    MatchRules rules = PatternHarness.RULES.limited(new KeyLimit(2, KeyLimit.Overflow.FAIL));
    try (PatternHarness harness =
        PatternHarness.byEventTime(
            pair(), rules, ErrorPolicy.deadLetter().retries(3, Duration.ofMillis(1)))) {
      harness.record("l", 3, "a4");
      threeBeginAndEndTogether(harness);
      assertThat(harness.results).containsExactly("match a=a1 b=b1@4", "match a=a2 b=b1@4");
      assertThat(harness.failures)
          .singleElement()
          .satisfies(e -> assertThat(e).hasMessageContaining("(3 of 2)"));
      assertThat(harness.letters)
          .containsExactly(new EventLetter("k", Instant.ofEpochMilli(3), "a3"));
      assertThat(harness.retries).as("other attempts would be as vain").isZero();
    }
  }

  @Test
  void theOldestAreDroppedIfThatIsAskedFor() {
    MatchRules rules = PatternHarness.RULES.limited(new KeyLimit(2, KeyLimit.Overflow.DROP_OLDEST));
    try (PatternHarness harness = PatternHarness.byEventTime(pair(), rules, ErrorPolicy.fail())) {
      threeBeginAndEndTogether(harness);
      assertThat(harness.results)
          .containsExactly("DROPPED {a=[a1]}@3", "match a=a2 b=b1@4", "match a=a3 b=b1@4");
      assertThat(harness.counted).isEqualTo(Map.of("dropped", 1, "matches", 2));
      assertThat(harness.rows()).isZero();
    }
  }

  // ------------------------------------------------------------------ records that a key holds

  private static PatternHarness holding(int most, KeyLimit.Overflow overflow) {
    return PatternHarness.byEventTime(PAIR_IN_TIME, holds(most, overflow), ErrorPolicy.skip());
  }

  private static PatternHarness holdingByClock(int most, KeyLimit.Overflow overflow) {
    return PatternHarness.byClock(PAIR_IN_TIME, holds(most, overflow), ErrorPolicy.skip());
  }

  private static MatchRules holds(int most, KeyLimit.Overflow overflow) {
    return PatternHarness.RULES.buffering(new KeyLimit(most, overflow));
  }

  @Test
  void aRecordThatIsOneTooManyToHoldFails() {
    try (PatternHarness harness = holding(3, KeyLimit.Overflow.FAIL)) {
      harness.record("k", 1, "a1");
      harness.record("k", 5, "x");
      harness.watermark(2); // a1 is in a partial match, x waits.
      harness.record("k", 6, "a2");
      harness.record("k", 7, "b1");
      harness.record("l", 7, "a3");
      assertThat(harness.failures)
          .singleElement()
          .satisfies(e -> assertThat(e).hasMessageContaining("(4 of 3)"));
      harness.watermark(8); // x is gone.
      harness.record("k", 8, "b2");
      harness.watermark(9);
      assertThat(harness.results).containsExactly("match a=a1 b=b2@8", "match a=a2 b=b2@8");
      assertThat(harness.rows(StagePatternMatch.WAITING)).isZero();
    }
  }

  @Test
  void theOldestPartialMatchesGoBeforeRecordsThatWait() {
    try (PatternHarness harness = holding(3, KeyLimit.Overflow.DROP_OLDEST)) {
      harness.record("k", 1, "a1");
      harness.record("k", 2, "a2");
      harness.watermark(3);
      harness.commit();
      harness.abort(); // Counts are rows.
      harness.record("k", 4, "a3");
      harness.record("k", 5, "b1");
      harness.watermark(6);
      assertThat(harness.results)
          .containsExactly("DROPPED {a=[a1]}@3", "match a=a2 b=b1@5", "match a=a3 b=b1@5");
      assertThat(harness.counted).isEqualTo(Map.of("dropped for records", 1, "matches", 2));
      assertThat(harness.rows()).isZero();
    }
  }

  @Test
  void theEarliestRecordsThatWaitGoIfNothingElseIsThere() {
    try (PatternHarness harness = holding(2, KeyLimit.Overflow.DROP_OLDEST)) {
      harness.record("l", 1, "a9");
      harness.record("k", 9, "b1");
      harness.record("k", 4, "a2");
      harness.record("k", 3, "a1");
      harness.record("k", 6, "a3");
      assertThat(harness.late).containsExactly("a1@3 TOO_MANY", "a2@4 TOO_MANY");
      assertThat(harness.counted).isEqualTo(Map.of("dropped records", 2));
      harness.watermark(10);
      assertThat(harness.results).containsExactly("match a=a3 b=b1@9");
      harness.watermark(200);
      assertThat(harness.rows()).isZero();
    }
  }

  @Test
  void aTenthGoesTogether() {
    try (PatternHarness harness = holding(20, KeyLimit.Overflow.DROP_OLDEST)) {
      for (int i = 0; i < 20; i++) {
        harness.record("k", i, "a" + i);
      }
      harness.watermark(10);
      harness.record("k", 20, "a20");
      assertThat(harness.counted).isEqualTo(Map.of("dropped for records", 3));
      harness.record("k", 21, "a21");
      harness.record("k", 22, "a22");
      assertThat(harness.counted).isEqualTo(Map.of("dropped for records", 3));
      harness.record("k", 23, "a23");
      assertThat(harness.counted).isEqualTo(Map.of("dropped for records", 6));
    }
  }

  @Test
  void byTheClockPartialMatchesAloneHoldRecords() {
    try (PatternHarness harness = holdingByClock(2, KeyLimit.Overflow.DROP_OLDEST)) {
      harness.record("k", 1, "a1");
      harness.record("k", 2, "x");
      harness.record("k", 3, "a2");
      harness.record("k", 4, "a3");
      harness.record("k", 5, "b1");
      assertThat(harness.results)
          .containsExactly("DROPPED {a=[a1]}@4", "match a=a2 b=b1@5", "match a=a3 b=b1@5");
      assertThat(harness.rows()).isZero();
    }
  }

  @Test
  void byTheClockARecordThatIsOneTooManyFails() {
    try (PatternHarness harness = holdingByClock(1, KeyLimit.Overflow.FAIL)) {
      harness.record("k", 1, "a1");
      harness.record("k", 2, "a2");
      harness.record("k", 3, "b1");
      assertThat(harness.results).containsExactly("match a=a1 b=b1@3");
      assertThat(harness.failures)
          .singleElement()
          .satisfies(e -> assertThat(e).hasMessageContaining("(2 of 1)"));
    }
  }

  // ------------------------------------------------------------------ matches that wait for others

  /** Looks for a pattern whose matches skip others, and drops the oldest of too many records. */
  private static PatternHarness skipping(Pattern<String> pattern, int most) {
    return PatternHarness.byEventTime(
        pattern.skip(SkipStrategy.pastLast()),
        holds(most, KeyLimit.Overflow.DROP_OLDEST),
        ErrorPolicy.fail());
  }

  /** A match that waits for others holds its records, and is emitted when those go. */
  @Test
  void whatWaitsForDroppedMatchesIsEmitted() {
    Pattern<String> pattern = pairOfOneNumber().within(Duration.ofMillis(100));
    try (PatternHarness harness = skipping(pattern, 3)) {
      harness.record("k", 1, "a1");
      harness.record("k", 2, "a2");
      harness.record("k", 3, "b2");
      harness.watermark(4);
      assertThat(harness.results).isEmpty();
      harness.record("k", 5, "x");
      assertThat(harness.results).containsExactly("match a=a2 b=b2@4", "DROPPED {a=[a1]}@4");
      harness.watermark(200);
      assertThat(harness.rows()).isZero();
    }
  }

  @Test
  void whatIsSkippedByAMatchIsNotDroppedAsWell() {
    Pattern<String> pattern = pairOfOneNumber().within(Duration.ofSeconds(1));
    try (PatternHarness harness = skipping(pattern, 50)) {
      for (String event : List.of("a1", "a2", "a3", "b2", "a4", "a5", "a6", "a7", "a8", "a9")) {
        harness.record("k", 1, event);
      }
      harness.watermark(2);
      assertThat(harness.results).isEmpty();
      for (int i = 0; i < 41; i++) {
        harness.record("k", 9, "x");
      }
      assertThat(harness.results)
          .containsExactly(
              "match a=a2 b=b2@2",
              "DROPPED {a=[a1]}@2",
              "DROPPED {a=[a4]}@2",
              "DROPPED {a=[a5]}@2");
      assertThat(harness.counted).isEqualTo(Map.of("dropped for records", 3, "matches", 1));
    }
  }

  /** Else they would hold records until something else of their key changes. */
  @Test
  void matchesThatWaitAreEmittedBeforeOthersAreDroppedOnceNothingIsSkippedAnyMore() {
    Pattern<String> pattern = pairOfOneNumber().within(Duration.ofMillis(100));
    try (PatternHarness harness = skipping(pattern, 3)) {
      harness.record("k", 1, "a1");
      harness.record("k", 2, "a2");
      harness.record("k", 3, "b2");
      harness.watermark(4);
      assertThat(harness.results).isEmpty();
      harness.goOnWith(pattern);
      harness.record("k", 5, "x");
      assertThat(harness.results).containsExactly("match a=a2 b=b2@4");
      harness.watermark(200);
      assertThat(harness.results).last().isEqualTo("TIMED_OUT {a=[a1]}@101");
      assertThat(harness.rows()).isZero();
    }
  }
}
