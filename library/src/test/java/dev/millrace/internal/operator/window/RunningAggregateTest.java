package dev.millrace.internal.operator.window;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.aggregate.Aggregates;
import dev.millrace.aggregate.RetractableAggregation;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.function.ReduceFunction;
import dev.millrace.internal.fold.Fold;
import dev.millrace.internal.fold.FoldFunction;
import dev.millrace.internal.fold.Netted;
import dev.millrace.internal.fold.RetractableFolds;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.operator.aggregate.RunningAggregate;
import dev.millrace.internal.operator.window.OperatorHarness.Mode;
import dev.millrace.internal.plan.StageAggregate;
import dev.millrace.internal.plan.StoreSpec.RowTimes;
import dev.millrace.internal.state.store.InMemoryStateStore;
import dev.millrace.internal.state.store.StateStore;
import dev.millrace.internal.type.Types;
import dev.millrace.table.Change;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The times of a table's changes, and what becomes of records that are taken back. */
final class RunningAggregateTest {

  private static final Fold MAX =
      new Fold(
          FoldFunction.of(Aggregates.max((Long value) -> value)), Long.class, Long.class, true);

  private static final Fold SUM =
      new Fold(new RetractableFolds.LongSum(), Long.class, Long.class, true);

  /** Changes its accumulators in place. */
  private static final Fold BAG =
      new Fold(
          new RetractableFolds.Bag(),
          Types.parameterized(Map.class, Long.class, Long.class),
          Long.class,
          true);

  private static OperatorHarness harness(Fold fold, Mode mode) {
    return harness(fold, mode, RowTimes.KEPT, new InMemoryStateStore());
  }

  private static OperatorHarness harness(Fold fold, Mode mode, RowTimes times, StateStore store) {
    return harness(new StageAggregate(fold, String.class, true, times), mode, store);
  }

  private static OperatorHarness harness(StageAggregate plan, Mode mode, StateStore store) {
    return new OperatorHarness(
        plan, context -> RunningAggregate.of(plan, context), mode, store, 1, 0);
  }

  private static List<String> changes(OperatorHarness harness) {
    return harness.results().stream()
        .map(
            emitted -> {
              Change<?, ?> change = (Change<?, ?>) emitted.value();
              return change.kind()
                  + " "
                  + change.key()
                  + "="
                  + change.value()
                  + "@"
                  + emitted.timeMs();
            })
        .toList();
  }

  // ------------------------------------------------------------------ times

  @ParameterizedTest
  @EnumSource(
      value = Mode.class,
      names = {"COMMIT_EACH", "RESTORE_EACH", "ABORT_EACH"})
  void aChangeHasTheTimeOfItsOwnKeyWhichNeverGoesBack(Mode mode) {
    OperatorHarness harness = harness(MAX, mode);
    harness.record("a", 100, 1L);
    harness.record("b", 500, 1L);
    harness.record("a", 40, 2L);
    harness.record("a", 120, 3L);
    harness.record("b", 499, 7L);
    assertThat(changes(harness))
        .containsExactly(
            "INSERT a=1@100",
            "INSERT b=1@500",
            "UPDATE_BEFORE a=1@100",
            "UPDATE_AFTER a=2@100",
            "UPDATE_BEFORE a=2@120",
            "UPDATE_AFTER a=3@120",
            "UPDATE_BEFORE b=1@500",
            "UPDATE_AFTER b=7@500");
  }

  @Test
  void theTimesOfATransactionAreThoseOfAllItsRecords() {
    OperatorHarness harness = harness(MAX, Mode.AS_TOLD);
    harness.record("a", 100, 1L);
    harness.record("a", 300, 5L);
    harness.partial("a", 10, 200, 4L, 3);
    harness.record("b", 20, 4L);
    harness.commit();
    assertThat(changes(harness)).containsExactly("INSERT a=5@300", "INSERT b=4@20");
  }

  /** Otherwise each record would write its row, and most records of a maximum change nothing. */
  @ParameterizedTest
  @EnumSource(
      value = Mode.class,
      names = {"COMMIT_EACH", "RESTORE_EACH"})
  void aLaterRecordThatChangesNothingWritesNothing(Mode mode) {
    OperatorHarness harness = harness(MAX, mode);
    harness.record("a", 100, 5L);
    harness.record("a", 200, 4L);
    harness.record("a", 300, 5L);
    assertThat(harness.rowsWritten()).isEqualTo(1);
    harness.record("a", 150, 6L);
    assertThat(harness.rowsWritten()).isEqualTo(2);
    assertThat(changes(harness))
        .containsExactly("INSERT a=5@100", "UPDATE_BEFORE a=5@150", "UPDATE_AFTER a=6@150");
  }

  @Test
  void resultsThatAreEqualAreNotEmittedAgainThoughTheRowHasChanged() {
    Fold mean = Fold.of(Aggregates.average((Long value) -> value));
    OperatorHarness harness = harness(mean, Mode.COMMIT_EACH);
    harness.record("a", 100, 4L);
    harness.record("a", 110, 4L);
    harness.record("a", 120, 1L);
    assertThat(harness.rowsWritten()).isEqualTo(3);
    assertThat(changes(harness))
        .containsExactly("INSERT a=4.0@100", "UPDATE_BEFORE a=4.0@120", "UPDATE_AFTER a=3.0@120");
  }

  @ParameterizedTest
  @EnumSource(
      value = Mode.class,
      names = {"COMMIT_EACH", "RESTORE_EACH"})
  void aRecordTooFarAheadChangesTheRowButNotItsTime(Mode mode) {
    OperatorHarness harness = harness(MAX, mode);
    harness.clock(7_000);
    harness.record("new", 99_000_000, FrameFormat.TOO_FAR_AHEAD, 1L);
    harness.watermark(90);
    harness.record("a", 100, 1L);
    harness.record("a", 99_000_000, FrameFormat.TOO_FAR_AHEAD, 2L);
    harness.record("newer", 99_000_000, FrameFormat.TOO_FAR_AHEAD, 1L);
    harness.record("new", 50, 3L);
    assertThat(changes(harness))
        .containsExactly(
            "INSERT new=1@7000", // no watermark yet
            "INSERT a=1@100",
            "UPDATE_BEFORE a=1@100",
            "UPDATE_AFTER a=2@100",
            "INSERT newer=1@90",
            "UPDATE_BEFORE new=1@50",
            "UPDATE_AFTER new=3@50");
  }

  /** As it is where the source has no times of its own. */
  @Test
  void aRowWithoutATimeChangesAtTheTimeOfTheTransactionAndGetsOneLater() {
    StateStore store = new InMemoryStateStore();
    OperatorHarness untimed = harness(MAX, Mode.RESTORE_EACH, RowTimes.NOT_KEPT, store);
    untimed.record("a", 100, 1L);
    untimed.record("a", 40, 2L);
    assertThat(changes(untimed))
        .containsExactly("INSERT a=1@100", "UPDATE_BEFORE a=1@40", "UPDATE_AFTER a=2@40");
    OperatorHarness timed = harness(MAX, Mode.RESTORE_EACH, RowTimes.KEPT, store);
    timed.record("a", 90, 2L);
    assertThat(timed.rowsWritten()).as("a row is not written for its time").isZero();
    timed.record("a", 70, 3L);
    timed.record("a", 60, 4L);
    assertThat(changes(timed))
        .containsExactly(
            "UPDATE_BEFORE a=2@70",
            "UPDATE_AFTER a=3@70",
            "UPDATE_BEFORE a=3@70",
            "UPDATE_AFTER a=4@70");
  }

  // ------------------------------------------------------------------ retractions

  @ParameterizedTest
  @EnumSource(
      value = Mode.class,
      names = {"COMMIT_EACH", "RESTORE_EACH", "ABORT_EACH"})
  void aRowGoesWithTheLastOfItsRecords(Mode mode) {
    for (Fold fold : List.of(SUM, BAG)) {
      OperatorHarness harness = harness(fold, mode);
      harness.record("a", 10, 3L);
      harness.record("a", 20, 5L);
      harness.retract("a", 15, 3L);
      harness.retract("a", 30, 5L);
      assertThat(harness.rowsLeft()).isZero();
      harness.record("a", 5, 4L);
      assertThat(harness.rowsLeft()).isEqualTo(1);
      List<String> expected =
          fold == SUM
              ? List.of(
                  "INSERT a=3@10",
                  "UPDATE_BEFORE a=3@20",
                  "UPDATE_AFTER a=8@20",
                  "UPDATE_BEFORE a=8@20",
                  "UPDATE_AFTER a=5@20",
                  "DELETE a=5@30",
                  "INSERT a=4@5")
              : List.of(
                  "INSERT a=3@10", // of the smallest
                  "UPDATE_BEFORE a=3@20",
                  "UPDATE_AFTER a=5@20",
                  "DELETE a=5@30",
                  "INSERT a=4@5");
      assertThat(changes(harness)).isEqualTo(expected);
    }
  }

  @Test
  void whatComesAndGoesInOneTransactionIsNeverSeen() {
    OperatorHarness harness = harness(SUM, Mode.AS_TOLD);
    harness.record("a", 10, 3L);
    harness.retract("a", 10, 3L);
    harness.commit();
    assertThat(changes(harness)).isEmpty();
    assertThat(harness.rowsLeft()).isZero();
    assertThat(harness.unmatched()).isZero();
  }

  @Test
  void aRowOfNumbersThatAddUpToNothingIsStillARow() {
    OperatorHarness harness = harness(SUM, Mode.COMMIT_EACH);
    harness.record("a", 10, 3L);
    harness.record("a", 11, -3L);
    harness.record("a", 12, 0L);
    assertThat(changes(harness))
        .as("equal results are not emitted, though one more record is in the row")
        .containsExactly("INSERT a=3@10", "UPDATE_BEFORE a=3@11", "UPDATE_AFTER a=0@11");
    harness.retract("a", 13, 3L);
    harness.retract("a", 14, -3L);
    assertThat(harness.rowsLeft()).isEqualTo(1);
    harness.retract("a", 15, 0L);
    assertThat(harness.rowsLeft()).isZero();
    assertThat(changes(harness)).endsWith("DELETE a=0@15");
  }

  /** It is read all the same, to see whether the result has changed. */
  @Test
  void theOldRowIsEmittedOnlyWhereItIsNeeded() {
    OperatorHarness harness =
        harness(
            new StageAggregate(SUM, String.class, false, RowTimes.KEPT),
            Mode.COMMIT_EACH,
            new InMemoryStateStore());
    harness.record("a", 10, 3L);
    harness.record("a", 11, 4L);
    harness.record("a", 12, 0L);
    harness.retract("a", 13, 3L);
    harness.retract("a", 14, 0L);
    harness.retract("a", 15, 4L);
    assertThat(changes(harness))
        .containsExactly(
            "INSERT a=3@10", "UPDATE_AFTER a=7@11", "UPDATE_AFTER a=4@13", "DELETE a=4@15");
  }

  @ParameterizedTest
  @EnumSource(
      value = Mode.class,
      names = {"COMMIT_EACH", "RESTORE_EACH", "ABORT_EACH"})
  void aRetractionOfNothingIsIgnoredAndCounted(Mode mode) {
    OperatorHarness harness = harness(SUM, mode);
    harness.retract("a", 10, 3L);
    harness.partial("a", 10, 10, -5L, -2);
    assertThat(harness.unmatched()).isEqualTo(3);
    assertThat(changes(harness)).isEmpty();
    harness.record("a", 11, 4L);
    harness.partial("a", 12, 12, -8L, -2);
    assertThat(harness.unmatched()).isEqualTo(4);
    assertThat(changes(harness)).containsExactly("INSERT a=4@11", "DELETE a=4@12");
  }

  @Test
  void aRetractionThatFailsIsDroppedAndLeavesTheRowAsItWas() {
    OperatorHarness harness = harness(SUM, Mode.COMMIT_EACH).withErrors(ErrorPolicy.skip());
    harness.record("a", 10, 3L);
    harness.record("a", 11, 4L);
    harness.record("a", 12, FrameFormat.RETRACTION, "no number");
    assertThat(harness.dropped()).hasSize(1);
    harness.retract("a", 13, 3L);
    assertThat(changes(harness)).endsWith("UPDATE_BEFORE a=7@13", "UPDATE_AFTER a=4@13");
  }

  /** Fails on one number, having changed its accumulator. */
  private static final class Choosy implements RetractableAggregation<Long, Map<Long, Long>, Long> {

    private static final long serialVersionUID = 1L;
    private static final long POISON = 13;

    @Override
    public Map<Long, Long> create() {
      return new TreeMap<>();
    }

    @Override
    public Map<Long, Long> add(Map<Long, Long> accumulator, Long value) {
      return change(accumulator, value, 1);
    }

    @Override
    public Map<Long, Long> retract(Map<Long, Long> accumulator, Long value) {
      return change(accumulator, value, -1);
    }

    private static Map<Long, Long> change(Map<Long, Long> bag, Long value, long by) {
      bag.merge(value, by, (left, right) -> left + right == 0 ? null : left + right);
      if (value == POISON) {
        throw new IllegalStateException("thirteen");
      }
      return bag;
    }

    @Override
    public Map<Long, Long> merge(Map<Long, Long> left, Map<Long, Long> right) {
      right.forEach((value, count) -> change(left, value, count));
      return left;
    }

    @Override
    public Long finish(Map<Long, Long> accumulator) {
      return accumulator.entrySet().stream()
          .mapToLong(each -> each.getKey() * each.getValue())
          .sum();
    }
  }

  private static Fold choosy() {
    Choosy choosy = new Choosy();
    return new Fold(
        FoldFunction.retracting(choosy), choosy.accumulatorType().type(), Long.class, true);
  }

  /** It would take another record's place, and take the row with it. */
  @ParameterizedTest
  @EnumSource(
      value = Mode.class,
      names = {"COMMIT_EACH", "RESTORE_EACH", "ABORT_EACH"})
  void theRetractionOfARecordThatWasDroppedIsDroppedToo(Mode mode) {
    OperatorHarness harness = harness(choosy(), mode).withErrors(ErrorPolicy.skip());
    harness.record("a", 10, 3L);
    harness.record("a", 11, Choosy.POISON);
    harness.retract("a", 12, Choosy.POISON);
    harness.record("b", 13, Choosy.POISON);
    harness.retract("b", 14, Choosy.POISON);
    assertThat(changes(harness)).containsExactly("INSERT a=3@10");
    assertThat(harness.rowsLeft()).isEqualTo(1);
    assertThat(harness.dropped()).hasSize(3);
    assertThat(harness.unmatched()).as("there is no row to take it out of").isEqualTo(1);
    harness.retract("a", 15, 3L);
    assertThat(changes(harness)).endsWith("DELETE a=3@15");
    assertThat(harness.rowsLeft()).isZero();
  }

  @Test
  void aRetractionOfTheLastRecordThatFailsStopsTheJobByDefault() {
    OperatorHarness harness = harness(choosy(), Mode.COMMIT_EACH);
    harness.record("a", 10, 3L);
    assertThatThrownBy(() -> harness.retract("a", 12, Choosy.POISON))
        .isInstanceOf(OperatorHarness.Stopped.class);
  }

  /** What it takes back is not there, and what it adds would be a row that nobody can take away. */
  @Test
  void aPartialThatNetsToNoRecordIsUnmatchedWhereThereIsNoRow() {
    OperatorHarness harness = harness(SUM, Mode.COMMIT_EACH);
    harness.partial("a", 10, 10, 5L, 0);
    assertThat(harness.unmatched()).isEqualTo(1);
    assertThat(changes(harness)).isEmpty();
    assertThat(harness.rowsLeft()).isZero();
    harness.record("a", 11, 4L);
    harness.partial("a", 12, 12, 5L, 0);
    assertThat(harness.unmatched()).isEqualTo(1);
    assertThat(changes(harness)).endsWith("UPDATE_AFTER a=9@12");
  }

  /** A reduce keeps both sides apart until they meet the row. */
  @ParameterizedTest
  @EnumSource(
      value = Mode.class,
      names = {"COMMIT_EACH", "RESTORE_EACH", "ABORT_EACH"})
  void aReduceSubtractsFromTheRow(Mode mode) {
    ReduceFunction<Long> add = Long::sum;
    ReduceFunction<Long> subtract =
        (left, right) -> {
          if (left < right) {
            throw new IllegalStateException(left + " - " + right);
          }
          return left - right;
        };
    Fold fold =
        new Fold(
            FoldFunction.of(add, subtract),
            Types.parameterized(Netted.class, Long.class),
            Long.class,
            true);
    OperatorHarness harness = harness(fold, mode);
    harness.record("a", 10, 3L);
    harness.retract("a", 11, 3L);
    harness.record("a", 12, 3L);
    harness.record("a", 13, 5L);
    harness.retract("a", 14, 3L);
    harness.partial("a", 15, 15, () -> new Netted<>(1L, 6L), 0, "1 for 6");
    harness.partial("b", 16, 16, () -> new Netted<>(9L, 2L), 1, "9 and not 2");
    harness.partial("a", 17, 17, () -> new Netted<Long>(null, 0L), -1, "not 0");
    assertThat(changes(harness))
        .containsExactly(
            "INSERT a=3@10",
            "DELETE a=3@11",
            "INSERT a=3@12",
            "UPDATE_BEFORE a=3@13",
            "UPDATE_AFTER a=8@13",
            "UPDATE_BEFORE a=8@14",
            "UPDATE_AFTER a=5@14",
            "UPDATE_BEFORE a=5@15",
            "UPDATE_AFTER a=0@15",
            "INSERT b=7@16",
            "DELETE a=0@17");
  }

  /**
   * The sides of a partial result are settled where there is no row yet, by a call that may fail.
   */
  @Test
  void aPartialOfBothSidesIsSettledOnceThoughTheFirstAttemptFails() {
    boolean[] failed = {false};
    ReduceFunction<List<Long>> add =
        (left, right) -> {
          left.addAll(right);
          return left;
        };
    ReduceFunction<List<Long>> subtract =
        (left, right) -> {
          right.forEach(left::remove);
          if (!failed[0]) {
            failed[0] = true;
            throw new IllegalStateException("for once");
          }
          return left;
        };
    Type numbers = Types.parameterized(List.class, Long.class);
    Fold fold =
        new Fold(
            FoldFunction.of(add, subtract),
            Types.parameterized(Netted.class, numbers),
            numbers,
            true);
    OperatorHarness harness =
        harness(fold, Mode.COMMIT_EACH)
            .withErrors(ErrorPolicy.skip().retries(1, Duration.ofMillis(1)));
    harness.partial(
        "a",
        10,
        10,
        new Netted<>(new ArrayList<>(List.of(1L, 2L, 2L)), new ArrayList<>(List.of(2L))),
        2);
    assertThat(changes(harness)).containsExactly("INSERT a=[1, 2]@10");
  }

  /** Random changes of a few keys, partly netted, against what is in a plain map. */
  @ParameterizedTest
  @EnumSource(Mode.class)
  void theTableIsWhatANaiveRecomputationGives(Mode mode) {
    long seed = ThreadLocalRandom.current().nextLong(1_000_000);
    for (Fold fold : List.of(SUM, BAG)) {
      Random random = new Random(seed);
      OperatorHarness harness = harness(fold, mode);
      Map<String, List<Long>> expected = new TreeMap<>();
      for (int i = 0; i < 300; i++) {
        String key = "k" + random.nextInt(4);
        List<Long> values = expected.computeIfAbsent(key, none -> new ArrayList<>());
        if (random.nextInt(5) == 0) {
          net(harness, fold, key, values, random);
        } else if (!values.isEmpty() && random.nextInt(20) > 8) {
          harness.retract(key, i, values.remove(random.nextInt(values.size())));
        } else {
          long value = random.nextInt(5);
          values.add(value);
          harness.record(key, i, value);
        }
        if (random.nextInt(10) == 0) {
          harness.commit();
        }
      }
      harness.commit();
      Map<String, Long> table = new TreeMap<>();
      expected.forEach(
          (key, values) -> {
            if (!values.isEmpty()) {
              table.put(
                  key,
                  fold == SUM
                      ? values.stream().mapToLong(value -> value).sum()
                      : values.stream().mapToLong(value -> value).min().orElseThrow());
            }
          });
      assertThat(harness.replayed()).as("seed %d", seed).isEqualTo(table);
      assertThat(harness.unmatched()).isZero();
      assertThat(harness.rowsLeft()).isEqualTo(table.size());
    }
  }

  /** Replaces a value by another in one partial, as a combiner does. */
  private static void net(
      OperatorHarness harness, Fold fold, String key, List<Long> values, Random random) {
    if (values.isEmpty()) {
      return;
    }
    long before = values.remove(random.nextInt(values.size()));
    long after = random.nextInt(5);
    values.add(after);
    harness.partial(
        key,
        0,
        0,
        () -> {
          Map<Long, Long> bag = new HashMap<>();
          bag.merge(before, -1L, Long::sum);
          bag.merge(after, 1L, Long::sum);
          bag.values().removeIf(count -> count == 0);
          return fold == SUM ? (Object) (after - before) : new TreeMap<>(bag);
        },
        0,
        "net");
  }
}
