package dev.millrace.internal.operator.window;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.aggregate.Aggregates;
import dev.millrace.aggregate.Aggregation;
import dev.millrace.aggregate.RetractableAggregation;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.fold.Fold;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.operator.aggregate.RunningAggregate;
import dev.millrace.internal.operator.window.OperatorHarness.Mode;
import dev.millrace.internal.plan.StageAggregate;
import dev.millrace.internal.plan.StoreSpec.RowTimes;
import dev.millrace.internal.rocksdb.RocksDbStateStores;
import dev.millrace.internal.rocksdb.StateMemory;
import dev.millrace.internal.state.store.InMemoryStateStore;
import dev.millrace.internal.state.store.StateStore;
import dev.millrace.table.Change;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Groups that grow large and small again, their values in rows of their own. */
final class SpreadGroupsTest {

  private static final long SEED = 20_261_128;

  /** More than a group has in its own row. */
  private static final int MANY = 100;

  private static final Fold MAX = fold(Aggregates.max((Long value) -> value));
  private static final Fold MIN = fold(Aggregates.min((Long value) -> value));
  private static final Fold NUMBER =
      fold(Aggregates.countDistinct(Long.class, (Long value) -> value));

  private static final Fold TOP = fold(Aggregates.topN(5, Ranked.class, Ranked::rank));

  private static Fold fold(Aggregation<?, ?, ?> aggregation) {
    RetractableAggregation<?, ?, ?> retractable = aggregation.retractable().orElseThrow();
    return Fold.retracting(retractable);
  }

  private static OperatorHarness harness(Fold fold, Mode mode) {
    return harness(fold, mode, new InMemoryStateStore());
  }

  private static OperatorHarness harness(Fold fold, Mode mode, StateStore store) {
    StageAggregate plan = new StageAggregate(fold, String.class, true, RowTimes.KEPT);
    return new OperatorHarness(
        plan, context -> RunningAggregate.of(plan, context), mode, store, 1, 0);
  }

  // ------------------------------------------------------------------ room

  private static long roomOf(Fold fold, int records) {
    OperatorHarness harness = harness(fold, Mode.AS_TOLD);
    for (int i = 0; i < records; i++) {
      harness.record("a", i, i + "x".repeat(1_000));
    }
    long room = harness.dirtyBytes();
    harness.commit();
    assertThat(harness.dirtyBytes()).isZero();
    return room;
  }

  /** Rows of a few records are many records' rows before they are written for the first time. */
  @Test
  void whatGroupsKeepTakesRoomBeforeItIsWritten() {
    Fold list = fold(Aggregates.toList(String.class));
    assertThat(roomOf(list, 1_000)).isBetween(2_000_000L, 10_000_000L);
    Fold largest = fold(Aggregates.max((String text) -> text));
    assertThat(roomOf(largest, 50)).as("in one row").isBetween(100_000L, 500_000L);
    Fold top = fold(Aggregates.topN(3, String.class, (String text) -> 1L));
    assertThat(roomOf(top, 500)).as("of one rank").isBetween(1_000_000L, 5_000_000L);
  }

  // ------------------------------------------------------------------ against a recomputation

  /** Several have ranks that compare as equal. */
  private record Ranked(String name, BigDecimal rank) {

    static Ranked of(long number) {
      return new Ranked(
          "n" + number, BigDecimal.valueOf(number / 4 * 10).setScale((int) number % 2));
    }
  }

  /** The value of a number; several numbers may have values that compare as equal. */
  private record Case(
      Fold fold, LongFunction<Object> value, Function<List<Object>, Object> expected) {}

  private static List<Case> cases() {
    Comparator<Object> decimals =
        Comparator.<Object, BigDecimal>comparing(value -> (BigDecimal) value)
            .thenComparing(value -> -((BigDecimal) value).scale());
    return List.of(
        new Case(
            MAX,
            number -> number,
            values -> values.stream().mapToLong(value -> (long) value).max().orElseThrow()),
        new Case(
            MIN,
            number -> number,
            values -> values.stream().mapToLong(value -> (long) value).min().orElseThrow()),
        new Case(NUMBER, number -> number, values -> values.stream().distinct().count()),
        new Case(
            fold(Aggregates.max((String value) -> value)),
            number -> "v" + number % 37 + "\u00e9".repeat((int) number % 3),
            values -> values.stream().map(value -> (String) value).max(String::compareTo).get()),
        new Case(
            fold(Aggregates.max((BigDecimal value) -> value)),
            number -> BigDecimal.valueOf(number / 3, 1).setScale(1 + (int) number % 3),
            values -> values.stream().max(decimals).orElseThrow()),
        new Case(
            TOP,
            number -> Ranked.of(number),
            values ->
                values.stream()
                    .map(value -> (Ranked) value)
                    .sorted(
                        Comparator.comparing(Ranked::rank)
                            .reversed()
                            .thenComparing(Ranked::toString))
                    .limit(5)
                    .toList()));
  }

  @ParameterizedTest
  @EnumSource(Mode.class)
  void theTableIsWhatANaiveRecomputationGives(Mode mode) {
    for (Case each : cases()) {
      check(each, harness(each.fold, mode));
    }
  }

  @Test
  void theTableOnDiskIsTheSame(@TempDir Path directory) {
    try (RocksDbStateStores stores = new RocksDbStateStores(new StateMemory(16L << 20));
        StateStore max = stores.open(directory.resolve("max"));
        StateStore top = stores.open(directory.resolve("top"));
        StateStore number = stores.open(directory.resolve("number"))) {
      check(cases().get(0), harness(MAX, Mode.RESTORE_EACH, max));
      check(cases().get(5), harness(TOP, Mode.COMMIT_EACH, top));
      check(cases().get(2), harness(NUMBER, Mode.COMMIT_EACH, number));
    }
  }

  private static void check(Case each, OperatorHarness harness) {
    Random random = new Random(SEED);
    Map<String, List<Object>> expected = new TreeMap<>();
    for (int phase = 0; phase < 6; phase++) {
      // A group grows over the limit and shrinks to nothing, or nearly so; a small one is beside
      // it.
      int addsOfTen = phase % 2 == 0 ? 8 : phase == 5 ? 0 : 2;
      for (int i = 0; i < 170; i++) {
        String key = "k" + random.nextInt(4) / 3;
        List<Object> values = expected.computeIfAbsent(key, none -> new ArrayList<>());
        if (random.nextInt(10) < addsOfTen) {
          Object value = each.value.apply(random.nextInt(200));
          values.add(value);
          harness.record(key, i, value);
        } else if (!values.isEmpty() && random.nextInt(4) == 0) {
          net(harness, key, values, each.value.apply(random.nextInt(200)), random);
        } else if (!values.isEmpty()) {
          harness.retract(key, i, values.remove(place(values, random)));
        }
        if (random.nextInt(20) == 0) {
          harness.commit();
          assertTableIs(harness, expected, each);
        }
      }
    }
    harness.commit();
    assertTableIs(harness, expected, each);
    expected.forEach(
        (key, values) -> {
          while (!values.isEmpty()) {
            harness.retract(key, 0, values.remove(0));
          }
        });
    harness.commit();
    assertThat(harness.rowsLeft()).as("seed %d", SEED).isZero();
    assertThat(harness.unmatched()).isZero();
  }

  /** Mostly one of the values at the ends, where it matters. */
  @SuppressWarnings("unchecked") // they compare with each other
  private static int place(List<Object> values, Random random) {
    Comparator<Object> order =
        (left, right) ->
            left instanceof Ranked one
                ? one.rank().compareTo(((Ranked) right).rank())
                : ((Comparable<Object>) left).compareTo(right);
    return switch (random.nextInt(3)) {
      case 0 -> values.indexOf(values.stream().max(order).orElseThrow());
      case 1 -> values.indexOf(values.stream().min(order).orElseThrow());
      default -> random.nextInt(values.size());
    };
  }

  /** Replaces a value by another in one partial, as a combiner does. */
  private static void net(
      OperatorHarness harness, String key, List<Object> values, Object after, Random random) {
    Object before = values.remove(place(values, random));
    values.add(after);
    if (!before.equals(after)) {
      harness.partial(key, 0, 0, () -> new HashMap<>(Map.of(before, -1L, after, 1L)), 0, "net");
    }
  }

  private static void assertTableIs(
      OperatorHarness harness, Map<String, List<Object>> expected, Case each) {
    Map<String, Object> table = new TreeMap<>();
    expected.forEach(
        (key, values) -> {
          if (!values.isEmpty()) {
            table.put(key, each.expected.apply(values));
          }
        });
    assertThat(harness.replayed()).as("seed %d", SEED).isEqualTo(table);
  }

  // ------------------------------------------------------------------ what it costs

  @Test
  void aChangeOfALargeGroupWritesTwoRows() {
    for (Fold fold : List.of(MAX, NUMBER)) {
      OperatorHarness harness = harness(fold, Mode.COMMIT_EACH);
      for (long value = 0; value < 1_000; value++) {
        harness.record("a", value, value);
      }
      long before = harness.rowsWritten();
      harness.record("a", 1_000, 5_000L);
      harness.retract("a", 1_001, 5_000L);
      harness.retract("a", 1_002, 17L);
      assertThat(harness.rowsWritten() - before).isEqualTo(6);
      assertThat(harness.rowsLeft()).isEqualTo(1_000);
    }
  }

  @Test
  void aSmallGroupIsOneRow() {
    OperatorHarness harness = harness(MAX, Mode.COMMIT_EACH);
    for (long value = 0; value < 64; value++) {
      harness.record("a", value, value);
    }
    assertThat(harness.rowsLeft()).isEqualTo(1);
    harness.record("a", 64, 64L);
    assertThat(harness.rowsLeft()).isEqualTo(66);
  }

  // ------------------------------------------------------------------ the first value

  @ParameterizedTest
  @EnumSource(
      value = Mode.class,
      names = {"COMMIT_EACH", "RESTORE_EACH", "ABORT_EACH"})
  void theNextValueIsTheFirstWhenTheFirstGoes(Mode mode) {
    OperatorHarness harness = large(MAX, mode);
    harness.retract("a", 500, MANY - 1L);
    harness.retract("a", 501, MANY - 2L);
    assertThat(last(harness)).isEqualTo(MANY - 3L);
  }

  private static OperatorHarness large(Fold fold, Mode mode) {
    OperatorHarness harness = harness(fold, mode);
    for (long value = 0; value < MANY; value++) {
      harness.record("a", value, value);
    }
    harness.commit();
    return harness;
  }

  private static Object last(OperatorHarness harness) {
    List<OperatorHarness.Emitted> results = harness.results();
    return ((Change<?, ?>) results.get(results.size() - 1).value()).value();
  }

  @Test
  void aValueThatComesWhileTheFirstIsUnknownMayBeTheFirst() {
    OperatorHarness harness = large(MAX, Mode.AS_TOLD);
    harness.retract("a", 500, MANY - 1L);
    harness.record("a", 501, 7_000L);
    harness.record("a", 502, 6_000L);
    harness.retract("a", 503, 3L);
    harness.commit();
    assertThat(last(harness)).isEqualTo(7_000L);
    harness.retract("a", 504, 7_000L);
    harness.record("a", 505, -5L);
    harness.commit();
    assertThat(last(harness)).isEqualTo(6_000L);
  }

  @Test
  void aFirstValueThatGoesAndComesBackIsNoChange() {
    OperatorHarness harness = large(MIN, Mode.AS_TOLD);
    int changes = harness.results().size();
    harness.retract("a", 500, 0L);
    harness.record("a", 501, 0L);
    harness.commit();
    assertThat(harness.results()).hasSize(changes);
  }

  @Test
  void aValueThatIsThereTwiceGoesWithTheSecond() {
    OperatorHarness harness = large(MAX, Mode.COMMIT_EACH);
    harness.record("a", 500, MANY - 1L);
    int changes = harness.results().size();
    harness.retract("a", 501, MANY - 1L);
    assertThat(harness.results()).hasSize(changes);
    harness.retract("a", 502, MANY - 1L);
    assertThat(last(harness)).isEqualTo(MANY - 2L);
  }

  @ParameterizedTest
  @EnumSource(Mode.class)
  void valuesOfOneRankShareARow(Mode mode) {
    OperatorHarness harness = harness(TOP, mode);
    for (long number = 0; number < 200; number++) {
      harness.record("a", number, Ranked.of(number));
    }
    harness.commit();
    assertThat(harness.rowsLeft()).isEqualTo(51);
    assertThat(last(harness))
        .isEqualTo(
            List.of(
                Ranked.of(196), Ranked.of(197), Ranked.of(198), Ranked.of(199), Ranked.of(192)));
    harness.retract("a", 201, Ranked.of(197));
    harness.record("a", 202, Ranked.of(199));
    harness.commit();
    assertThat(last(harness))
        .isEqualTo(
            List.of(
                Ranked.of(196), Ranked.of(198), Ranked.of(199), Ranked.of(199), Ranked.of(192)));
    for (long number = 192; number < 196; number++) {
      harness.retract("a", 203, Ranked.of(number));
    }
    harness.commit();
    assertThat(harness.rowsLeft()).isEqualTo(50);
  }

  // ------------------------------------------------------------------ the end of a group

  @ParameterizedTest
  @EnumSource(Mode.class)
  void aGroupThatWasDeletedBeginsAnew(Mode mode) {
    OperatorHarness harness = large(NUMBER, mode);
    Map<Object, Long> all = new HashMap<>();
    for (long value = 0; value < MANY; value++) {
      all.put(value, -1L);
    }
    harness.partial("a", 500, 500, () -> new HashMap<>(all), -MANY, "all");
    harness.record("a", 501, 3L);
    harness.record("a", 502, 4L);
    harness.commit();
    assertThat(last(harness)).isEqualTo(2L);
    assertThat(harness.rowsLeft()).isEqualTo(1);
    for (long value = 1_000; value < 1_000 + MANY; value++) {
      harness.record("a", value, value);
    }
    harness.commit();
    assertThat(last(harness)).isEqualTo(MANY + 2L);
  }

  /** Keys of which one is the beginning of the other. */
  @Test
  void valuesOfOneGroupAreNoneOfAnother() {
    OperatorHarness harness = large(NUMBER, Mode.COMMIT_EACH);
    for (long value = 0; value < MANY; value++) {
      harness.record("aa", value, value);
      harness.record("", value, value);
    }
    for (long value = 0; value < MANY; value++) {
      harness.retract("a", value, value);
    }
    assertThat(harness.replayed()).isEqualTo(Map.of("", (long) MANY, "aa", (long) MANY));
    assertThat(harness.rowsLeft()).isEqualTo(2 * MANY + 2);
  }

  // ------------------------------------------------------------------ failures

  @ParameterizedTest
  @EnumSource(
      value = Mode.class,
      names = {"COMMIT_EACH", "RESTORE_EACH", "ABORT_EACH"})
  void aRecordThatFailsIsDroppedWithItsRetractionAndLeavesTheGroupAsItWas(Mode mode) {
    Fold fold = fold(Aggregates.max((Long value) -> 100 / value));
    OperatorHarness harness = harness(fold, mode).withErrors(ErrorPolicy.skip());
    harness.record("a", 10, 0L);
    harness.record("a", 11, 5L);
    harness.record("a", 12, FrameFormat.RETRACTION, 0L);
    assertThat(harness.dropped()).hasSize(2);
    assertThat(harness.replayed()).isEqualTo(Map.of("a", 20L));
    harness.retract("a", 13, 5L);
    assertThat(harness.rowsLeft()).isZero();
    assertThat(harness.unmatched()).isZero();
  }

  @Test
  void aCallThatSucceedsAtLastCountsOnce() {
    int[] calls = {0};
    Fold fold =
        fold(
            Aggregates.countDistinct(
                Long.class,
                (Long value) -> {
                  if (++calls[0] % 2 == 1) {
                    throw new IllegalStateException("not yet");
                  }
                  return value;
                }));
    OperatorHarness harness =
        harness(fold, Mode.COMMIT_EACH).withErrors(ErrorPolicy.fail().retries(1, Duration.ZERO));
    for (long value = 0; value < MANY; value++) {
      harness.record("a", value, value);
    }
    assertThat(last(harness)).isEqualTo((long) MANY);
    assertThat(harness.repeated()).isZero();
  }

  @Test
  void aRetractionOfNothingIsIgnoredAndCounted() {
    OperatorHarness harness = harness(MAX, Mode.COMMIT_EACH);
    harness.retract("a", 10, 3L);
    harness.partial("b", 10, 10, new HashMap<>(Map.of(1L, -1L, 2L, 1L)), 0);
    assertThat(harness.unmatched()).isEqualTo(2);
    assertThat(harness.rowsLeft()).isZero();
    harness.record("a", 11, 4L);
    harness.partial("a", 12, 12, new HashMap<>(Map.of(4L, -2L)), -2);
    assertThat(harness.unmatched()).isEqualTo(3);
    assertThat(harness.replayed()).isEmpty();
  }

  /** The other side of it comes later, with what another sender has. */
  @Test
  void aValueTakenBackBeforeItCameIsNotThere() {
    for (Fold fold : List.of(MAX, NUMBER)) {
      OperatorHarness harness = large(fold, Mode.COMMIT_EACH);
      Object before = last(harness);
      harness.retract("a", 500, 8_000L);
      harness.record("a", 501, 8_000L);
      assertThat(last(harness)).isEqualTo(before);
      harness.record("a", 502, 8_000L);
      assertThat(last(harness)).isEqualTo(fold == MAX ? (Object) 8_000L : (Object) (MANY + 1L));
    }
  }

  /** As before, in a group that is spread in between. */
  @Test
  void aValueThatIsNotThereIsNotThereInASpreadGroupEither() {
    for (Fold fold : List.of(MAX, NUMBER)) {
      OperatorHarness harness = harness(fold, Mode.COMMIT_EACH);
      harness.record("a", 1, 0L);
      harness.record("a", 2, 0L);
      harness.retract("a", 3, 8_000L);
      for (long value = 0; value < MANY; value++) {
        harness.record("a", value, value);
      }
      Object before = fold == MAX ? (Object) (MANY - 1L) : (Object) (long) MANY;
      assertThat(last(harness)).isEqualTo(before);
      harness.record("a", 501, 8_000L);
      assertThat(last(harness)).isEqualTo(before);
      harness.retract("a", 502, 50L);
      harness.record("a", 503, 8_000L);
      assertThat(last(harness)).isEqualTo(fold == MAX ? (Object) 8_000L : (Object) (long) MANY);
    }
  }

  @Test
  void theNextFirstIsOneThatIsThere() {
    OperatorHarness harness = harness(MAX, Mode.COMMIT_EACH);
    for (long value = 0; value < MANY; value++) {
      harness.record("a", value, 2 * value);
    }
    harness.retract("a", 500, 2 * MANY - 3L);
    harness.retract("a", 501, 2 * MANY - 2L);
    assertThat(last(harness)).isEqualTo(2 * MANY - 4L);
  }

  // ------------------------------------------------------------------ another version

  /** Rows in another order could be read, and would give another result. */
  @Test
  void rowsOfOneResultAreNotTakenForThoseOfAnother() {
    Set<String> descriptions = new HashSet<>();
    for (Fold fold : List.of(MAX, MIN, NUMBER, TOP)) {
      StageAggregate plan = new StageAggregate(fold, String.class, true, RowTimes.KEPT);
      descriptions.add(plan.describeState(plan.stores().get(1)));
      assertThat(plan.describeState(plan.stores().get(0)))
          .isEqualTo("aggregate by java.lang.String, counting records");
    }
    assertThat(descriptions)
        .hasSize(4)
        .contains("values of java.lang.Long for the largest by java.lang.String");
  }
}
