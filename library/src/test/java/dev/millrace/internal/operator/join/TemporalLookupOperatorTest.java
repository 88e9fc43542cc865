package dev.millrace.internal.operator.join;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.function.JoinFunction;
import dev.millrace.function.UpsertFunction;
import dev.millrace.internal.plan.JoinKind;
import dev.millrace.internal.plan.LookupOperator;
import dev.millrace.internal.plan.TableLookup;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A join with a table as of event time: what it costs, when functions fail, and its objects. */
final class TemporalLookupOperatorTest {

  private static final int STREAM = TableLookup.STREAM;
  private static final int TABLE = TableLookup.TABLE;
  private static final String VERSIONS = LookupOperator.AsOfEventTime.VERSIONS;
  private static final String WAITING = LookupOperator.AsOfEventTime.STREAM;
  private static final String HEADS = LookupOperator.AsOfEventTime.HEADS;
  private static final String EXPIRIES = LookupOperator.AsOfEventTime.EXPIRIES;

  private static <V> JoinHarness harness(
      JoinKind kind,
      Class<V> type,
      UpsertFunction<V, V> rowOf,
      JoinFunction<? super V, ? super @Nullable V, ?> function,
      ErrorPolicy policy) {
    return TemporalCases.harness(
        new TableLookup.AsOfEventTime(kind, function, rowOf, type, type, Optional.empty()),
        policy,
        null);
  }

  private static JoinHarness harness(
      JoinKind kind,
      JoinFunction<? super String, ? super @Nullable String, ?> function,
      ErrorPolicy policy) {
    return harness(kind, String.class, TemporalCases.ROW, function, policy);
  }

  private static JoinHarness harness() {
    return harness(JoinKind.LEFT, (value, row) -> value + "+" + row, ErrorPolicy.fail());
  }

  // ------------------------------------------------------------------ rows

  @Test
  void aKeyHasOneEntryHoweverMuchThereIsOfIt() {
    try (JoinHarness harness = harness()) {
      for (int i = 0; i < 20; i++) {
        harness.record(TABLE, "k", 100 + i, "x" + i);
        harness.record(STREAM, "k", 105 + i, "a" + i);
      }
      assertThat(harness.rows(HEADS)).isEqualTo(1);
      assertThat(harness.rows(EXPIRIES)).isEqualTo(1);
      harness.commit();
      harness.record(TABLE, "k", 130, "y");
      harness.record(STREAM, "k", 130, "b");
      assertThat(harness.changed(HEADS)).isZero();
      assertThat(harness.changed(EXPIRIES)).isZero();
      harness.record(STREAM, "k", 90, "c");
      assertThat(harness.rows(EXPIRIES)).as("it is at an earlier time now").isEqualTo(1);
    }
  }

  @Test
  void aRowThatStandsStillCostsNothing() {
    try (JoinHarness harness = harness()) {
      harness.record(TABLE, "k", 10, "x");
      harness.watermark(20);
      harness.commit();
      assertThat(harness.rows(EXPIRIES)).isZero();
      harness.scans().rows = 0;
      harness.watermark(1_000);
      assertThat(harness.scans().rows).isZero();
      assertThat(harness.changed(VERSIONS)).isZero();
    }
  }

  @Test
  void aVersionGoesWhenTheNextIsPassed() {
    try (JoinHarness harness = harness()) {
      harness.record(TABLE, "k", 10, "x");
      harness.record(TABLE, "k", 20, "y");
      assertThat(harness.watermark(20)).isTrue();
      assertThat(harness.rows(VERSIONS)).as("records of before 20 may come").isEqualTo(2);
      assertThat(harness.watermark(21)).isTrue();
      assertThat(harness.rows(VERSIONS)).isEqualTo(1);
      assertThat(harness.rows(EXPIRIES)).isZero();
      harness.record(STREAM, "k", 21, "a");
      harness.watermark(22);
      assertThat(harness.results).containsExactly("a+y@21");
    }
  }

  @Test
  void aDeletionGoesWhenItIsPassed() {
    try (JoinHarness harness = harness()) {
      harness.record(TABLE, "k", 10, "x");
      harness.record(TABLE, "k", 20, "-");
      harness.record(TABLE, "j", 20, "-");
      assertThat(harness.watermark(20)).isTrue();
      assertThat(harness.rows(VERSIONS)).as("records of before 20 may come").isEqualTo(3);
      assertThat(harness.watermark(21)).isTrue();
      assertThat(harness.rows()).isZero();
    }
  }

  @Test
  void aTransactionThatIsFullDropsNoMoreVersions() {
    try (JoinHarness harness = harness()) {
      for (int i = 0; i < 10; i++) {
        harness.record(TABLE, "k", i, "x" + i);
      }
      harness.commit();
      harness.room.addAll(List.of(true, true, true, false, false));
      assertThat(harness.watermark(100)).isFalse();
      assertThat(harness.rows(VERSIONS)).isEqualTo(8);
      harness.room.clear();
      harness.commit();
      assertThat(harness.watermark(100)).isTrue();
      assertThat(harness.rows(VERSIONS)).isEqualTo(1);
    }
  }

  /** Its key may have fired already, and has lost the version that it would have found. */
  @Test
  void whatIsOldAmidAFiringIsLate() {
    try (JoinHarness harness = harness()) {
      harness.record(TABLE, "k", 10, "x");
      harness.record(TABLE, "k", 50, "y");
      harness.record(STREAM, "l", 60, "a");
      harness.room.addAll(List.of(true, true, false));
      assertThat(harness.watermark(100)).isFalse();
      assertThat(harness.rows(VERSIONS)).as("those of k have fired").isEqualTo(1);
      harness.record(STREAM, "k", 20, "old");
      harness.record(TABLE, "k", 20, "old");
      assertThat(harness.late).containsExactly("counted 1", "counted 1");
      assertThat(harness.partlyLate).isZero();
      harness.record(TABLE, "l", 70, "z");
      assertThat(harness.partlyLate).isEqualTo(1);
      harness.commit();
      harness.room.clear();
      assertThat(harness.watermark(100)).isTrue();
      harness.record(STREAM, "k", 100, "b");
      harness.record(STREAM, "l", 100, "c");
      harness.watermark(200);
      assertThat(harness.results).containsExactly("a+null@60", "b+y@100", "c+z@100");
      assertThat(harness.late).hasSize(2);
    }
  }

  @Test
  void aRecordPassesOnlyVersionsThatGo() {
    try (JoinHarness harness = harness()) {
      for (int i = 0; i < 2_000; i++) {
        harness.record(TABLE, "k", 100 + i, "x" + i);
      }
      harness.record(STREAM, "k", 102, "a");
      harness.commit();
      harness.scans().rows = 0;
      harness.watermark(103);
      assertThat(harness.results).containsExactly("a+x2@102");
      // The entry, the record, three versions and the one after them.
      assertThat(harness.scans().rows).isLessThanOrEqualTo(8);
      assertThat(harness.rows(VERSIONS)).isEqualTo(1_998);
    }
  }

  // ------------------------------------------------------------------ failures

  /** Fails on pairs with a mark, once if it is a question mark. */
  private static JoinFunction<String, @Nullable String, String> failing() {
    Set<String> failed = new HashSet<>();
    return (value, row) -> {
      String pair = value + "+" + row;
      if (pair.contains("!") || (pair.contains("?") && failed.add(pair))) {
        throw new IllegalArgumentException("cannot join " + pair);
      }
      return pair;
    };
  }

  @ParameterizedTest
  @CsvSource({"INNER, skip", "INNER, letter", "LEFT, skip", "LEFT, letter"})
  void aRecordThatFailsIsDroppedAlone(JoinKind kind, String action) {
    ErrorPolicy policy = action.equals("skip") ? ErrorPolicy.skip() : ErrorPolicy.deadLetter();
    try (JoinHarness harness = harness(kind, failing(), policy)) {
      harness.record(STREAM, "k", 5, "z!");
      harness.record(TABLE, "k", 10, "x");
      harness.record(STREAM, "k", 11, "a");
      harness.record(STREAM, "k", 12, "b!");
      harness.record(STREAM, "k", 13, "c");
      harness.record(TABLE, "k", 20, "y!");
      harness.record(STREAM, "k", 21, "d");
      assertThat(harness.watermark(100)).isTrue();
      assertThat(harness.results).containsExactly("a+x@11", "c+x@13");
      assertThat(harness.letters)
          .isEqualTo(kind == JoinKind.LEFT ? List.of("z!", "b!", "d") : List.of("b!", "d"));
      assertThat(harness.rows(WAITING)).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"INNER", "LEFT"})
  void anotherAttemptMakesOneResult(JoinKind kind) {
    ErrorPolicy twice = ErrorPolicy.skip().retries(1, Duration.ZERO);
    try (JoinHarness harness = harness(kind, failing(), twice)) {
      harness.record(TABLE, "k", 10, "x");
      harness.record(STREAM, "k", 11, "a?");
      harness.record(STREAM, "k", 12, "b!");
      harness.watermark(100);
      assertThat(harness.results).containsExactly("a?+x@11");
      assertThat(harness.letters).containsExactly("b!");
      assertThat(harness.retries).isEqualTo(2);
    }
  }

  @Test
  void aFailureThatStopsTheJobLeavesWhatIsCommitted() {
    try (JoinHarness harness = harness(JoinKind.LEFT, failing(), ErrorPolicy.fail())) {
      harness.record(TABLE, "k", 10, "x");
      harness.record(STREAM, "k", 11, "a");
      harness.record(STREAM, "k", 12, "b?");
      harness.commit();
      assertThatThrownBy(() -> harness.watermark(50)).hasMessage("the job stops");
      harness.results.clear();
      harness.abort();
      harness.watermark(50);
      assertThat(harness.results).containsExactly("a+x@11", "b?+x@12");
    }
  }

  @Test
  void aRowThatCannotBeMadeIsNoRow() {
    UpsertFunction<String, String> rowOf =
        value -> {
          if (value.contains("!")) {
            throw new IllegalArgumentException("no row");
          }
          return value;
        };
    try (JoinHarness harness =
        harness(
            JoinKind.LEFT,
            String.class,
            rowOf,
            (value, row) -> value + "+" + row,
            ErrorPolicy.deadLetter())) {
      harness.record(TABLE, "k", 10, "x");
      harness.record(TABLE, "k", 20, "y!");
      harness.record(TABLE, "k", 30, "z");
      harness.record(STREAM, "k", 15, "a");
      harness.record(STREAM, "k", 25, "b");
      harness.record(STREAM, "k", 35, "c");
      harness.watermark(100);
      assertThat(harness.results).containsExactly("a+x@15", "b+null@25", "c+z@35");
      assertThat(harness.letters).containsExactly("y!");
    }
  }

  @Test
  void aResultOfNullIsAFailure() {
    try (JoinHarness harness =
        harness(JoinKind.LEFT, (value, row) -> nothing(), ErrorPolicy.fail())) {
      harness.record(STREAM, "k", 10, "a");
      assertThatThrownBy(() -> harness.watermark(20))
          .hasRootCauseMessage("the function of the join returned null");
    }
  }

  @SuppressWarnings("NullAway") // what a program may do
  private static Object nothing() {
    return null;
  }

  // ------------------------------------------------------------------ objects that change

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatAFunctionChangesIsSeenByNobodyElse(boolean commits) {
    Set<String> failed = new HashSet<>();
    JoinFunction<Bag, @Nullable Bag, String> spoiling =
        (value, row) -> {
          String result = value + "+" + row;
          value.items.add("spoilt");
          if (row != null) {
            row.items.add("spoilt");
          }
          if (failed.add(result)) {
            throw new IllegalStateException("fails after it has changed what it got");
          }
          return result;
        };
    ErrorPolicy policy = ErrorPolicy.fail().retries(1, Duration.ZERO);
    try (JoinHarness harness = harness(JoinKind.LEFT, Bag.class, bag -> bag, spoiling, policy)) {
      harness.sharesRecords = true;
      harness.abort();
      Bag row = new Bag("x");
      Bag first = new Bag("a");
      harness.record(TABLE, "k", 10, row);
      harness.record(STREAM, "k", 11, first);
      row.items.add("changed by others");
      first.items.add("changed by others");
      if (commits) {
        harness.commit();
      }
      harness.record(STREAM, "k", 12, new Bag("b"));
      harness.watermark(20);
      if (commits) {
        harness.commit();
      }
      harness.record(STREAM, "k", 30, new Bag("c"));
      harness.watermark(40);
      assertThat(harness.results).containsExactly("a+x@11", "b+x@12", "c+x@30");
    }
  }
}
