package dev.millrace.internal.operator.join;

import static dev.millrace.internal.operator.join.JoinCases.within;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.function.JoinFunction;
import dev.millrace.internal.plan.JoinBounds;
import dev.millrace.internal.plan.JoinKind;
import dev.millrace.internal.plan.KeyedOperation;
import dev.millrace.internal.plan.StageStreamJoin;
import dev.millrace.internal.window.WindowAccess;
import dev.millrace.window.Windows;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A join of streams: functions that fail, objects that change, and what rows cost. */
final class StreamJoinOperatorTest {

  private static final JoinBounds AFTER = within(0, 10);

  private static JoinHarness harness(KeyedOperation.StreamJoin join, ErrorPolicy policy) {
    return new JoinHarness(join, policy, null);
  }

  private static <T> KeyedOperation.StreamJoin join(
      JoinKind kind,
      JoinBounds bounds,
      Class<T> type,
      JoinFunction<@Nullable T, @Nullable T, ?> function) {
    return new KeyedOperation.StreamJoin(
        kind, bounds, function, type, type, Optional.empty(), Optional.empty());
  }

  // ------------------------------------------------------------------ failures

  /** Fails on values that end so, as often as they say; on others never. */
  private static JoinFunction<@Nullable String, @Nullable String, String> failing() {
    Set<String> failed = new HashSet<>();
    return (left, right) -> {
      String pair = left + "+" + right;
      if (pair.contains("!") || (pair.contains("?") && failed.add(pair))) {
        throw new IllegalArgumentException("cannot join " + pair);
      }
      return pair;
    };
  }

  private static KeyedOperation.StreamJoin failingJoin(JoinKind kind) {
    return join(kind, AFTER, String.class, failing());
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aPairThatFailsIsDroppedAlone(boolean commits) {
    ErrorPolicy policy = commits ? ErrorPolicy.skip() : ErrorPolicy.deadLetter();
    try (JoinHarness harness = harness(failingJoin(JoinKind.OUTER), policy)) {
      harness.record(0, "k", 10, "a");
      harness.record(0, "k", 11, "b!");
      harness.record(0, "k", 12, "c");
      if (commits) {
        harness.commit();
      }
      harness.record(1, "k", 15, "x");
      harness.record(1, "k", 30, "z!");
      harness.record(0, "k", 29, "d");
      assertThat(harness.watermark(100)).isTrue();
      assertThat(harness.results).containsExactly("a+x@15", "c+x@15");
      assertThat(harness.letters)
          .containsExactly(new PairLetter("k", "b!", "x"), new PairLetter("k", "d", "z!"));
      assertThat(harness.rows()).isZero();
    }
  }

  @Test
  void whatFailsWithoutAMatchIsDroppedAlone() {
    try (JoinHarness harness = harness(failingJoin(JoinKind.LEFT), ErrorPolicy.deadLetter())) {
      harness.record(0, "k", 10, "a");
      harness.record(0, "k", 10, "b!");
      harness.record(0, "k", 10, "c");
      harness.watermark(30);
      assertThat(harness.results).containsExactly("a+null@10", "c+null@10");
      assertThat(harness.letters).containsExactly(new PairLetter("k", "b!", null));
      assertThat(harness.rows()).isZero();
    }
  }

  @Test
  void anotherAttemptMakesOneResult() {
    ErrorPolicy twice = ErrorPolicy.skip().retries(1, Duration.ZERO);
    try (JoinHarness harness = harness(failingJoin(JoinKind.OUTER), twice)) {
      harness.record(0, "k", 10, "a?");
      harness.record(1, "k", 12, "x");
      harness.record(1, "k", 40, "y?");
      harness.watermark(100);
      assertThat(harness.results).containsExactly("a?+x@12", "null+y?@40");
      assertThat(harness.letters).isEmpty();
      assertThat(harness.retries).isEqualTo(2);
    }
  }

  @Test
  void aFailureThatStopsTheJobLeavesWhatIsCommitted() {
    Set<String> mended = new HashSet<>();
    KeyedOperation.StreamJoin join =
        join(
            JoinKind.LEFT,
            AFTER,
            String.class,
            (left, right) -> {
              if (mended.add("once")) {
                throw new IllegalStateException("broken");
              }
              return left + "+" + right;
            });
    try (JoinHarness harness = harness(join, ErrorPolicy.fail())) {
      harness.record(0, "k", 10, "a");
      harness.commit();
      assertThatThrownBy(() -> harness.record(1, "k", 12, "x")).hasMessage("the job stops");
      harness.abort();
      harness.record(1, "k", 12, "x");
      harness.watermark(50);
      assertThat(harness.results).containsExactly("a+x@12");
    }
  }

  @Test
  void aResultOfNullIsAFailure() {
    KeyedOperation.StreamJoin join =
        join(JoinKind.INNER, AFTER, String.class, (left, right) -> nothing());
    try (JoinHarness harness = harness(join, ErrorPolicy.fail())) {
      harness.record(0, "k", 10, "a");
      assertThatThrownBy(() -> harness.record(1, "k", 12, "x"))
          .hasRootCauseMessage("the function of the join returned null");
    }
  }

  @SuppressWarnings("NullAway") // what a program may do
  private static Object nothing() {
    return null;
  }

  /** It is in several windows, and the policy is about the record. */
  @Test
  void aRecordThatCannotBeWrittenIsDroppedOnce() {
    KeyedOperation.StreamJoin join =
        join(
            JoinKind.OUTER,
            new JoinBounds.SameWindow(
                WindowAccess.kind(Windows.sliding(Duration.ofMillis(10), Duration.ofMillis(2)))),
            Bag.class,
            StreamJoinOperatorTest::taken);
    try (JoinHarness harness = harness(join, ErrorPolicy.deadLetter())) {
      harness.record(0, "k", 10, unwritable());
      harness.watermark(100);
      assertThat(harness.failures).hasSize(1);
      assertThat(harness.results).isEmpty();
      assertThat(harness.rows()).isZero();
    }
  }

  @SuppressWarnings({"unchecked", "rawtypes"}) // what a program may do
  private static Bag unwritable() {
    Bag bag = new Bag("a");
    ((List) bag.items).add(new Object());
    return bag;
  }

  // ------------------------------------------------------------------ objects that change

  /** Takes whatever there is into the one it gets first, and spoils the other. */
  private static Bag taken(@Nullable Bag left, @Nullable Bag right) {
    if (left == null || right == null) {
      Bag only = left == null ? right : left;
      only.items.add("-");
      return only;
    }
    left.items.addAll(right.items);
    right.items.add("spoilt");
    return left;
  }

  @ParameterizedTest
  @EnumSource(JoinKind.class)
  void whatAFunctionChangesIsSeenByNobodyElse(JoinKind kind) {
    Set<String> failed = new HashSet<>();
    KeyedOperation.StreamJoin join =
        join(
            kind,
            AFTER,
            Bag.class,
            (left, right) -> {
              String pair = left + "+" + right;
              Bag result = taken(left, right);
              if (failed.add(pair)) {
                throw new IllegalStateException("fails after it has changed what it got");
              }
              return result;
            });
    for (boolean commits : new boolean[] {false, true}) {
      failed.clear();
      try (JoinHarness harness = harness(join, ErrorPolicy.fail().retries(1, Duration.ZERO))) {
        harness.record(0, "k", 10, new Bag("a"));
        harness.record(0, "k", 11, new Bag("b"));
        if (commits) {
          harness.commit();
        }
        harness.record(1, "k", 15, new Bag("x"));
        // What comes after the join may change results.
        harness.objects.forEach(bag -> ((Bag) bag).items.add("later"));
        if (commits) {
          harness.commit();
        }
        harness.record(1, "k", 16, new Bag("y"));
        harness.record(0, "k", 30, new Bag("c"));
        harness.record(1, "k", 50, new Bag("z"));
        harness.watermark(100);
        List<String> expected = new ArrayList<>(List.of("ax@15", "bx@15", "ay@16", "by@16"));
        if (kind.keepsLeft()) {
          expected.add("c-@30");
        }
        if (kind.keepsRight()) {
          expected.add("z-@50");
        }
        assertThat(harness.results).containsExactlyElementsOf(expected);
      }
    }
  }

  @Test
  void anotherStepMayChangeTheRecord() {
    KeyedOperation.StreamJoin join = join(JoinKind.LEFT, AFTER, Bag.class, (left, right) -> left);
    try (JoinHarness harness = harness(join, ErrorPolicy.fail())) {
      Bag shared = new Bag("a");
      harness.record(0, "k", 10, shared);
      shared.items.add("changed");
      harness.watermark(100);
      assertThat(harness.results).containsExactly("a@10");
    }
  }

  // ------------------------------------------------------------------ rows

  @Test
  void aRecordIsOneRowAndAKeyTwoMore() {
    try (JoinHarness harness = harness(JoinCases.join(JoinKind.INNER, AFTER), ErrorPolicy.fail())) {
      for (int i = 0; i < 20; i++) {
        harness.record(0, "k", 100 + i, "a" + i);
      }
      assertThat(harness.rows(StageStreamJoin.LEFT)).isEqualTo(20);
      assertThat(harness.rows(StageStreamJoin.HEADS)).isEqualTo(1);
      assertThat(harness.rows(StageStreamJoin.EXPIRIES)).isEqualTo(1);
      harness.commit();
      harness.record(0, "k", 120, "b");
      assertThat(harness.changed(StageStreamJoin.HEADS)).isZero();
      assertThat(harness.changed(StageStreamJoin.EXPIRIES)).isZero();
      harness.watermark(115);
      assertThat(harness.rows(StageStreamJoin.LEFT)).isEqualTo(16);
      assertThat(harness.rows(StageStreamJoin.EXPIRIES)).isEqualTo(1);
    }
  }

  @Test
  void anEarlierRecordMovesTheEntryOfItsKey() {
    try (JoinHarness harness = harness(JoinCases.join(JoinKind.LEFT, AFTER), ErrorPolicy.fail())) {
      harness.record(0, "k", 20, "a");
      harness.commit();
      harness.record(0, "k", 15, "b");
      assertThat(harness.rows(StageStreamJoin.EXPIRIES)).isEqualTo(1);
      harness.watermark(26);
      assertThat(harness.rows(StageStreamJoin.EXPIRIES)).isEqualTo(1);
      assertThat(harness.results).containsExactly("b+-@15");
    }
  }

  @Test
  void aMatchIsNotedOnce() {
    try (JoinHarness harness = harness(JoinCases.join(JoinKind.LEFT, AFTER), ErrorPolicy.fail())) {
      harness.record(0, "k", 10, "a");
      harness.commit();
      harness.record(1, "k", 11, "x");
      assertThat(harness.changed(StageStreamJoin.LEFT)).isEqualTo(1);
      harness.commit();
      harness.record(1, "k", 12, "y");
      assertThat(harness.changed(StageStreamJoin.LEFT)).isZero();
      assertThat(harness.results).hasSize(2);
    }
  }

  @Test
  void aRecordPassesOnlyThoseThatItMeets() {
    int buffered = 5_000;
    try (JoinHarness harness = harness(JoinCases.join(JoinKind.LEFT, AFTER), ErrorPolicy.fail())) {
      for (int i = 0; i < buffered; i++) {
        harness.record(0, "k", 10L * i, "a" + i);
      }
      harness.commit();
      harness.scans().begins.clear();
      harness.scans().rows = 0;
      harness.record(1, "k", 5L * buffered, "x");
      assertThat(harness.results).hasSize(2);
      assertThat(harness.scans().begins).hasSize(1);
      assertThat(harness.scans().rows).isLessThanOrEqualTo(3);
    }
  }

  @Test
  void nothingIsScannedWhereTheOtherSideIsEmptyOrLater() {
    try (JoinHarness harness = harness(JoinCases.join(JoinKind.OUTER, AFTER), ErrorPolicy.fail())) {
      harness.record(0, "k", 10, "a");
      harness.record(0, "k", 20, "b");
      harness.record(1, "other", 20, "x");
      harness.record(1, "k", 9, "y");
      harness.commit();
      int before = harness.scans().begins.size();
      harness.record(0, "k", 21, "c");
      harness.record(1, "k", 8, "z");
      assertThat(harness.scans().begins).hasSize(before);
      assertThat(harness.results).isEmpty();
    }
  }

  @Test
  void aSingleRecordIsFoundWithoutAScan() {
    for (JoinKind kind : JoinKind.values()) {
      try (JoinHarness harness = harness(JoinCases.join(kind, AFTER), ErrorPolicy.fail())) {
        harness.record(0, "k1", 10, "a");
        harness.record(0, "k2", 10, "b");
        harness.commit();
        int before = harness.scans().begins.size();
        harness.record(1, "k1", 12, "x");
        harness.record(1, "k2", 30, "y");
        harness.commit();
        assertThat(harness.scans().begins).hasSize(before);
        harness.watermark(100);
        assertThat(harness.scans().begins).as("of the index").hasSize(before + 1);
        assertThat(harness.rows()).isZero();
        assertThat(harness.results).startsWith("a+x@12");
      }
    }
  }

  @Test
  void aSecondRecordIsFoundToo() {
    try (JoinHarness harness = harness(JoinCases.join(JoinKind.OUTER, AFTER), ErrorPolicy.fail())) {
      harness.record(0, "k", 10, "a");
      harness.record(0, "k", 15, "b");
      harness.record(1, "k", 15, "x");
      harness.watermark(22); // a has gone, b is single again
      int before = harness.scans().begins.size();
      harness.record(1, "k", 24, "y");
      assertThat(harness.scans().begins).hasSize(before);
      harness.record(0, "k", 23, "c");
      harness.record(1, "k", 25, "z");
      assertThat(harness.results)
          .containsExactly("a+x@15", "b+x@15", "b+y@24", "c+y@24", "b+z@25", "c+z@25");
    }
  }

  @Test
  void whatIsNotEmittedAloneDoesNotWakeItsKey() {
    try (JoinHarness harness = harness(JoinCases.join(JoinKind.LEFT, AFTER), ErrorPolicy.fail())) {
      harness.record(0, "k", 10, "a");
      harness.commit();
      harness.record(1, "k", 12, "x");
      assertThat(harness.changed(StageStreamJoin.EXPIRIES)).isZero();
      harness.record(1, "other", 12, "y");
      harness.watermark(22);
      assertThat(harness.rows(StageStreamJoin.LEFT)).isZero();
      harness.watermark(23);
      assertThat(harness.rows()).isZero();
    }
  }

  /** Those of the left side can be met until 10 after their time, those of the right until it. */
  @Test
  void recordsThatAreNotEmittedAloneStayAsLongAsThoseOfTheOtherSide() {
    for (int side = 0; side <= 1; side++) {
      String store = side == 0 ? StageStreamJoin.LEFT : StageStreamJoin.RIGHT;
      try (JoinHarness harness =
          harness(JoinCases.join(JoinKind.INNER, AFTER), ErrorPolicy.fail())) {
        harness.record(side, "k", 10, "a");
        harness.record(side, "k", 12, "b");
        harness.watermark(20);
        assertThat(harness.rows(store)).as(store).isEqualTo(2);
        harness.watermark(21);
        assertThat(harness.rows(store)).as(store).isEqualTo(side == 0 ? 1 : 0);
        harness.watermark(23);
        assertThat(harness.rows()).as(store).isZero();
      }
    }
  }

  @Test
  void aFiringStopsWhereTheTransactionIsFull() {
    for (JoinKind kind : JoinKind.values()) {
      try (JoinHarness harness = harness(JoinCases.join(kind, AFTER), ErrorPolicy.fail())) {
        for (int i = 0; i < 10; i++) {
          harness.record(0, "k", 10 + i, "a" + i);
        }
        harness.room.addAll(List.of(true, true, true, false, false));
        assertThat(harness.watermark(100)).isFalse();
        assertThat(harness.rows(StageStreamJoin.LEFT)).isEqualTo(8);
        harness.commit();
        harness.abort();
        assertThat(harness.watermark(100)).isTrue();
        assertThat(harness.rows()).isZero();
        assertThat(harness.results).hasSize(kind.keepsLeft() ? 10 : 0);
      }
    }
  }

  /** Some of what it would have met has been emitted alone, and some not yet. */
  @Test
  void anOldRecordAmidAFiringIsLate() {
    try (JoinHarness harness = harness(JoinCases.join(JoinKind.OUTER, AFTER), ErrorPolicy.fail())) {
      for (int i = 0; i < 4; i++) {
        harness.record(0, "k", 10, "a" + i);
      }
      harness.room.addAll(List.of(true, true, false, false, false));
      assertThat(harness.watermark(100)).isFalse();
      harness.record(1, "k", 15, "x");
      harness.commit();
      harness.room.clear();
      assertThat(harness.watermark(100)).isTrue();
      assertThat(harness.results).containsExactly("a0+-@10", "a1+-@10", "a2+-@10", "a3+-@10");
      assertThat(harness.late).contains("right x@15 BEHIND_WATERMARK");
    }
  }

  @Test
  void recordsOfKeysThatGoOnAreLeftAlone() {
    try (JoinHarness harness = harness(JoinCases.join(JoinKind.LEFT, AFTER), ErrorPolicy.fail())) {
      harness.record(0, "k", 10, "a");
      harness.record(0, "k", 11, "b");
      harness.record(0, "ké", 12, "c");
      harness.watermark(22);
      assertThat(harness.results).containsExactly("a+-@10", "b+-@11");
      assertThat(harness.rows(StageStreamJoin.HEADS)).isEqualTo(1);
    }
  }

  @Test
  void expiryBeginsWhereTheLastOneEnded() {
    int buffered = 1_000;
    try (JoinHarness harness = harness(JoinCases.join(JoinKind.LEFT, AFTER), ErrorPolicy.fail())) {
      for (int i = 0; i < buffered; i++) {
        harness.record(0, "k", i, "a" + i);
      }
      harness.commit();
      harness.watermark(buffered);
      harness.results.clear();
      harness.scans().rows = 0; // What has gone is still in the store.
      harness.watermark(buffered + 1);
      assertThat(harness.results).hasSize(1);
      // The entry, the row that goes, the one that stays.
      assertThat(harness.scans().rows).isLessThanOrEqualTo(4);
    }
  }
}
