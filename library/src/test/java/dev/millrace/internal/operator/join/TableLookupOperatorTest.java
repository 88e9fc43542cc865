package dev.millrace.internal.operator.join;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.function.JoinFunction;
import dev.millrace.internal.fold.Upserted;
import dev.millrace.internal.operator.join.JoinScript.Mode;
import dev.millrace.internal.operator.join.LookupCases.Case;
import dev.millrace.internal.plan.JoinKind;
import dev.millrace.internal.plan.LookupOperator;
import dev.millrace.internal.plan.TableLookup;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A join with a table as it is now: what a record finds, whatever comes in between. */
final class TableLookupOperatorTest {

  @TempDir Path directory;

  private static <V> TableLookup.AsOfNow lookup(
      JoinKind kind, Class<V> type, JoinFunction<? super V, ? super @Nullable V, ?> function) {
    return new TableLookup.AsOfNow(kind, function, type, type);
  }

  private static TableLookup.AsOfNow lookup(JoinKind kind) {
    return lookup(kind, String.class, (value, row) -> value + "+" + row);
  }

  private static JoinHarness harness(
      TableLookup.AsOfNow lookup, ErrorPolicy policy, @Nullable Path place) {
    LookupOperator.AsOfNow plan = new LookupOperator.AsOfNow(lookup, String.class);
    return new JoinHarness(plan, context -> TableLookupOperator.of(plan, context), policy, place);
  }

  private static void change(JoinHarness harness, String key, @Nullable Object row) {
    harness.record(TableLookup.TABLE, key, 7, new Upserted<>(row));
  }

  // ------------------------------------------------------------------ cases

  @TestFactory
  Stream<DynamicTest> resultsAreThoseOfTheTable() {
    return CaseTests.each(
        LookupCases.ALL,
        LookupCases.KINDS,
        (each, kind) -> {
          for (Mode mode : Mode.values()) {
            check(each, kind, mode, null);
          }
        });
  }

  @TestFactory
  Stream<DynamicTest> resultsAreThoseOfTheTableOnDisk() {
    return CaseTests.eachOnDisk(
        LookupCases.ALL,
        directory,
        (each, place) -> check(each, JoinKind.LEFT, Mode.A_RESTART_AFTER_EACH, place));
  }

  private static void check(Case each, JoinKind kind, Mode mode, @Nullable Path place) {
    ErrorPolicy policy = ErrorPolicy.deadLetter().retries(1, Duration.ZERO);
    try (JoinHarness harness = harness(LookupCases.lookup(kind), policy, place)) {
      JoinScript script = new JoinScript(harness, mode, LookupCases::take);
      script.run(each.steps());
      assertThat(script.results()).as("%s", mode).isEqualTo(each.expected(kind));
      assertThat(script.late).as("late, %s", mode).isEmpty();
      assertThat(script.letters).as("letters, %s", mode).isEqualTo(each.letters(kind));
    }
  }

  // ------------------------------------------------------------------ a model

  /** The row that was set last in the order of processing; what was aborted never was. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void recordsFindWhatAModelHas(long seed) {
    Random random = new Random(seed);
    Map<String, String> model = new HashMap<>();
    Map<String, String> committed = new HashMap<>();
    List<String> expected = new ArrayList<>();
    @Nullable Path place = seed <= 2 ? directory.resolve("model" + seed) : null;
    try (JoinHarness harness = harness(lookup(JoinKind.LEFT), ErrorPolicy.fail(), place)) {
      for (int i = 0; i < 2_000; i++) {
        String key = "k" + random.nextInt(30);
        switch (random.nextInt(12)) {
          case 0, 1, 2 -> {
            model.put(key, "r" + i);
            change(harness, key, "r" + i);
          }
          case 3 -> {
            model.remove(key);
            change(harness, key, null);
          }
          case 4 -> {
            harness.commit();
            committed = new HashMap<>(model);
          }
          case 5 -> {
            if (random.nextInt(3) == 0) {
              harness.abort();
              model = new HashMap<>(committed);
            }
          }
          default -> {
            expected.add("v" + i + "+" + model.get(key) + "@" + i);
            harness.record(TableLookup.STREAM, key, i, "v" + i);
          }
        }
      }
      assertThat(harness.results).as("seed %d", seed).isEqualTo(expected);
      assertThat(harness.rows()).isEqualTo(model.size());
    }
  }

  @Test
  void rowsOfAFrameAreReadAtOnceForBothInputs() {
    try (JoinHarness harness = harness(lookup(JoinKind.LEFT), ErrorPolicy.fail(), null)) {
      assertThat(harness.operator().prefetch(TableLookup.STREAM))
          .isSameAs(harness.operator().prefetch(TableLookup.TABLE));
      for (int i = 0; i < 100; i++) {
        change(harness, "k" + i, "r" + i);
      }
      harness.commit();
      harness.abort();
      for (int i = 0; i < 100; i++) {
        harness.want(TableLookup.STREAM, "k" + i);
      }
      harness.operator().prefetch(TableLookup.STREAM).load(100);
      long before = harness.singleLoads("");
      for (int i = 0; i < 100; i++) {
        harness.record(TableLookup.STREAM, "k" + i, i, "v");
      }
      assertThat(harness.singleLoads("")).isEqualTo(before);
      assertThat(harness.results).hasSize(100).doesNotContain("v+null@0");
    }
  }

  @Test
  void aChangeThatChangesNothingIsNotWritten() {
    try (JoinHarness harness = harness(lookup(JoinKind.INNER), ErrorPolicy.fail(), null)) {
      change(harness, "k", "x");
      harness.commit();
      change(harness, "k", "x");
      change(harness, "j", null);
      assertThat(harness.changed("")).isZero();
    }
  }

  // ------------------------------------------------------------------ failures

  private static TableLookup.AsOfNow failing(JoinKind kind) {
    Set<String> failed = new HashSet<>();
    return lookup(
        kind,
        String.class,
        (value, row) -> {
          String pair = value + "+" + row;
          if (pair.contains("!") || (pair.contains("?") && failed.add(pair))) {
            throw new IllegalArgumentException("cannot join " + pair);
          }
          return pair;
        });
  }

  @ParameterizedTest
  @CsvSource({"INNER, skip", "INNER, letter", "LEFT, skip", "LEFT, letter"})
  void aRecordThatFailsIsDroppedAlone(JoinKind kind, String action) {
    ErrorPolicy policy = action.equals("skip") ? ErrorPolicy.skip() : ErrorPolicy.deadLetter();
    try (JoinHarness harness = harness(failing(kind), policy, null)) {
      change(harness, "k", "x");
      harness.record(TableLookup.STREAM, "k", 1, "a");
      harness.record(TableLookup.STREAM, "k", 2, "b!");
      harness.record(TableLookup.STREAM, "j", 3, "c!");
      change(harness, "k", "y!");
      harness.record(TableLookup.STREAM, "k", 4, "d");
      change(harness, "k", "z");
      harness.record(TableLookup.STREAM, "k", 5, "e");
      assertThat(harness.results).containsExactly("a+x@1", "e+z@5");
      assertThat(harness.letters)
          .isEqualTo(kind == JoinKind.LEFT ? List.<Object>of("b!", "c!", "d") : List.of("b!", "d"));
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"INNER", "LEFT"})
  void anotherAttemptMakesOneResult(JoinKind kind) {
    ErrorPolicy twice = ErrorPolicy.skip().retries(1, Duration.ZERO);
    try (JoinHarness harness = harness(failing(kind), twice, null)) {
      change(harness, "k", "x");
      harness.record(TableLookup.STREAM, "k", 1, "a?");
      harness.record(TableLookup.STREAM, "k", 2, "b!");
      assertThat(harness.results).containsExactly("a?+x@1");
      assertThat(harness.letters).containsExactly("b!");
      assertThat(harness.retries).isEqualTo(2);
    }
  }

  @Test
  void aFailureThatStopsTheJobLeavesWhatIsCommitted() {
    try (JoinHarness harness = harness(failing(JoinKind.LEFT), ErrorPolicy.fail(), null)) {
      change(harness, "k", "x");
      harness.commit();
      change(harness, "k", "y");
      assertThatThrownBy(() -> harness.record(TableLookup.STREAM, "k", 1, "a?"))
          .hasMessage("the job stops");
      harness.abort();
      harness.record(TableLookup.STREAM, "k", 1, "b");
      assertThat(harness.results).containsExactly("b+x@1");
    }
  }

  @Test
  void aResultOfNullIsAFailure() {
    TableLookup.AsOfNow lookup = lookup(JoinKind.LEFT, String.class, (value, row) -> nothing());
    try (JoinHarness harness = harness(lookup, ErrorPolicy.fail(), null)) {
      assertThatThrownBy(() -> harness.record(TableLookup.STREAM, "k", 1, "a"))
          .hasRootCauseMessage("the function of the join returned null");
    }
  }

  @SuppressWarnings("NullAway") // what a program may do
  private static Object nothing() {
    return null;
  }

  // ------------------------------------------------------------------ objects that change

  /** Spoils what it got; fails after that, as often as it is asked to. */
  private static JoinFunction<Bag, @Nullable Bag, String> spoiling(int failures) {
    int[] left = {failures};
    return (value, row) -> {
      String result = value + "+" + row;
      if (row != null) {
        row.items.add("spoilt");
      }
      if (left[0]-- > 0) {
        throw new IllegalStateException("fails after it has changed what it got");
      }
      return result;
    };
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatAFunctionChangesIsNotTheTables(boolean commits) {
    TableLookup.AsOfNow lookup = lookup(JoinKind.INNER, Bag.class, spoiling(1));
    ErrorPolicy policy = ErrorPolicy.fail().retries(1, Duration.ZERO);
    try (JoinHarness harness = harness(lookup, policy, null)) {
      change(harness, "k", new Bag("x"));
      if (commits) {
        harness.commit();
      }
      harness.record(TableLookup.STREAM, "k", 1, new Bag("a"));
      harness.record(TableLookup.STREAM, "k", 2, new Bag("b"));
      if (commits) {
        harness.commit();
      }
      harness.record(TableLookup.STREAM, "k", 3, new Bag("c"));
      assertThat(harness.results).containsExactly("a+x@1", "b+x@2", "c+x@3");
    }
  }

  @Test
  void aRowThatOthersHaveIsKeptAsACopy() {
    TableLookup.AsOfNow lookup = lookup(JoinKind.INNER, Bag.class, spoiling(0));
    LookupOperator.AsOfNow plan = new LookupOperator.AsOfNow(lookup, String.class);
    try (JoinHarness harness =
        new JoinHarness(
            plan, context -> TableLookupOperator.of(plan, context), ErrorPolicy.fail(), null)) {
      harness.sharesRecords = true;
      harness.abort();
      Bag shared = new Bag("x");
      change(harness, "k", shared);
      shared.items.add("changed by others");
      harness.record(TableLookup.STREAM, "k", 1, new Bag("a"));
      assertThat(harness.results).containsExactly("a+x@1");
    }
  }
}
