package dev.millrace.internal.operator.join;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.function.JoinFunction;
import dev.millrace.function.UpsertFunction;
import dev.millrace.internal.operator.join.TemporalCases.Case;
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
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
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

/** A join with a table as of event time: cases, failures, rows, and what a batch would give. */
final class TemporalLookupOperatorTest {

  private static final int STREAM = TableLookup.STREAM;
  private static final int TABLE = TableLookup.TABLE;
  private static final String VERSIONS = LookupOperator.AsOfEventTime.VERSIONS;
  private static final String WAITING = LookupOperator.AsOfEventTime.STREAM;
  private static final String HEADS = LookupOperator.AsOfEventTime.HEADS;
  private static final String EXPIRIES = LookupOperator.AsOfEventTime.EXPIRIES;

  @TempDir Path directory;

  /** What happens around each step. */
  private enum Mode {
    ONE_TRANSACTION,
    A_COMMIT_AFTER_EACH,
    AN_ABORT_OF_EACH,
    ROOM_FOR_ONE_ROW_PER_COMMIT
  }

  private static <V> JoinHarness harness(
      JoinKind kind,
      Class<V> type,
      UpsertFunction<V, V> rowOf,
      JoinFunction<? super V, ? super @Nullable V, ?> function,
      ErrorPolicy policy,
      @Nullable Path place) {
    return TemporalCases.harness(
        new TableLookup.AsOfEventTime(kind, function, rowOf, type, type, Optional.empty()),
        policy,
        place);
  }

  private static JoinHarness harness(
      JoinKind kind,
      JoinFunction<? super String, ? super @Nullable String, ?> function,
      ErrorPolicy policy) {
    return harness(kind, String.class, TemporalCases.ROW, function, policy, null);
  }

  private static JoinHarness harness() {
    return harness(JoinKind.LEFT, (value, row) -> value + "+" + row, ErrorPolicy.fail());
  }

  // ------------------------------------------------------------------ cases

  @TestFactory
  Stream<DynamicTest> resultsAreThoseOfTheTable() {
    return TemporalCases.ALL.stream()
        .flatMap(
            each ->
                TemporalCases.KINDS.stream()
                    .map(
                        kind ->
                            DynamicTest.dynamicTest(
                                each.name() + ", " + kind.verb(),
                                () -> {
                                  for (Mode mode : Mode.values()) {
                                    check(each, kind, mode, null);
                                  }
                                })));
  }

  @TestFactory
  Stream<DynamicTest> resultsAreThoseOfTheTableOnDisk() {
    return TemporalCases.ALL.stream()
        .map(
            each ->
                DynamicTest.dynamicTest(
                    each.name(),
                    () -> {
                      Path place = directory.resolve("" + TemporalCases.ALL.indexOf(each));
                      check(each, JoinKind.LEFT, Mode.AN_ABORT_OF_EACH, place);
                    }));
  }

  private static void check(Case each, JoinKind kind, Mode mode, @Nullable Path place) {
    List<String> found = new ArrayList<>();
    List<String> late = new ArrayList<>();
    List<Object> letters = new ArrayList<>();
    ErrorPolicy policy = ErrorPolicy.deadLetter().retries(1, Duration.ZERO);
    try (JoinHarness harness = TemporalCases.harness(TemporalCases.lookup(kind), policy, place)) {
      for (String step : each.steps()) {
        if (step.startsWith("W ")) {
          found.add(step);
        }
        run(harness, step, mode, found, late);
        letters.addAll(harness.letters);
        harness.letters.clear();
      }
      assertThat(harness.rows(WAITING)).as("records that are left, %s", mode).isZero();
      assertThat(harness.rows(EXPIRIES)).as("entries that are left, %s", mode).isZero();
      assertThat(harness.rows(VERSIONS)).as("a row per key, %s", mode).isEqualTo(each.rows());
      assertThat(harness.rows(HEADS)).as("a head per key, %s", mode).isEqualTo(each.rows());
    }
    assertThat(found).as("%s", mode).isEqualTo(each.expected(kind));
    assertThat(late).as("late, %s", mode).isEqualTo(each.lateOnes());
    assertThat(letters).as("letters, %s", mode).isEqualTo(each.letters(kind));
  }

  private static void run(
      JoinHarness harness, String step, Mode mode, List<String> found, List<String> late) {
    if (mode == Mode.AN_ABORT_OF_EACH) {
      TemporalCases.step(harness, step);
      harness.results.clear();
      harness.late.clear();
      harness.letters.clear();
      harness.abort();
    }
    boolean complete;
    do {
      if (mode == Mode.ROOM_FOR_ONE_ROW_PER_COMMIT) {
        harness.room.clear();
        harness.room.addAll(List.of(true, true, false));
      }
      long partly = harness.partlyLate;
      complete = TemporalCases.step(harness, step);
      found.addAll(harness.results);
      late.addAll(harness.late);
      if (harness.partlyLate > partly) {
        late.add("partly " + (harness.partlyLate - partly));
      }
      harness.results.clear();
      harness.late.clear();
      if (mode != Mode.ONE_TRANSACTION) {
        harness.commit();
      }
    } while (!complete);
    harness.room.clear();
  }

  // ------------------------------------------------------------------ a batch

  private record In(int number, int input, String key, long timeMs, boolean isGone) {

    String value() {
      return isGone ? "-" : "v" + number;
    }
  }

  private static List<In> inputs(Random random, int lateness) {
    List<In> inputs = new ArrayList<>();
    for (int i = 0; i < 150; i++) {
      long time = i / 2 - random.nextInt(lateness);
      String key = "k" + random.nextInt(3);
      int input = random.nextInt(2);
      inputs.add(new In(i, input, key, time, input == TABLE && random.nextInt(4) == 0));
    }
    return inputs;
  }

  /** The row of each record among all there are, whenever they came. */
  private static List<String> batch(List<In> all, JoinKind kind) {
    List<String> results = new ArrayList<>();
    for (In record : all) {
      if (record.input() != STREAM) {
        continue;
      }
      In row = null;
      for (In version : all) {
        if (version.input() == TABLE
            && version.key().equals(record.key())
            && version.timeMs() <= record.timeMs()
            && (row == null || version.timeMs() >= row.timeMs())) {
          row = version;
        }
      }
      boolean found = row != null && !row.isGone();
      if (found || kind.keepsLeft()) {
        String value = found ? row.value() : "null";
        results.add(record.value() + "+" + value + "@" + record.timeMs());
      }
    }
    return results;
  }

  /** Full transactions, commits and aborts at any moment change nothing. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void theResultsAreThoseOfABatch(long seed) {
    for (JoinKind kind : List.of(JoinKind.INNER, JoinKind.LEFT)) {
      Random random = new Random(seed);
      List<In> inputs = inputs(random, 9);
      @Nullable Path place = seed <= 3 ? directory.resolve(kind.verb() + seed) : null;
      List<String> found = new ArrayList<>();
      try (JoinHarness harness =
          TemporalCases.harness(TemporalCases.lookup(kind), ErrorPolicy.fail(), place)) {
        run(harness, inputs, random, found, new Model(kind));
        assertThat(harness.late).isEmpty();
        assertThat(harness.partlyLate).isZero();
      }
      assertThat(found)
          .as("seed %d, %s", seed, kind)
          .containsExactlyInAnyOrderElementsOf(batch(inputs, kind));
    }
  }

  /** What comes late is worked out step by step, from whole lists. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void whatIsLateIsMissedByThoseThatAreThrough(long seed) {
    Random random = new Random(seed);
    List<In> inputs = inputs(random, 30);
    List<String> found = new ArrayList<>();
    Model model = new Model(JoinKind.LEFT);
    try (JoinHarness harness =
        TemporalCases.harness(TemporalCases.lookup(JoinKind.LEFT), ErrorPolicy.fail(), null)) {
      run(harness, inputs, random, found, model);
      assertThat(harness.partlyLate).isPositive();
    }
    assertThat(found)
        .as("seed %d", seed)
        .containsExactlyInAnyOrderElementsOf(model.results)
        .hasSizeLessThan(inputs.size() / 2);
  }

  /** The rows that there should be, and what is found in them. */
  private static final class Model {
    private final JoinKind kind;
    private final Map<String, TreeMap<Long, In>> versions = new HashMap<>();
    private final List<In> waiting = new ArrayList<>();
    private final List<String> results = new ArrayList<>();
    private long watermark = Long.MIN_VALUE;

    Model(JoinKind kind) {
      this.kind = kind;
    }

    void take(In one) {
      if (one.input() == STREAM) {
        if (one.timeMs() >= watermark) {
          waiting.add(one);
        }
        return;
      }
      TreeMap<Long, In> ofKey = versions.computeIfAbsent(one.key(), key -> new TreeMap<>());
      Long base = ofKey.lowerKey(watermark);
      if (base == null || one.timeMs() >= base) {
        ofKey.put(one.timeMs(), one);
      }
    }

    void fire(long newWatermark) {
      watermark = newWatermark;
      for (In record : List.copyOf(waiting)) {
        if (record.timeMs() < watermark) {
          waiting.remove(record);
          Map.Entry<Long, In> row =
              versions
                  .computeIfAbsent(record.key(), key -> new TreeMap<>())
                  .floorEntry(record.timeMs());
          boolean isThere = row != null && !row.getValue().isGone();
          if (isThere || kind.keepsLeft()) {
            String value = isThere ? row.getValue().value() : "null";
            results.add(record.value() + "+" + value + "@" + record.timeMs());
          }
        }
      }
      for (TreeMap<Long, In> ofKey : versions.values()) {
        Map.Entry<Long, In> base = ofKey.lowerEntry(watermark);
        if (base != null) {
          ofKey.headMap(base.getKey(), base.getValue().isGone()).clear();
        }
      }
    }

    int rows() {
      return versions.values().stream().mapToInt(TreeMap::size).sum();
    }
  }

  private static void run(
      JoinHarness harness, List<In> inputs, Random random, List<String> found, Model model) {
    int from = 0;
    while (from < inputs.size()) {
      int to = Math.min(inputs.size(), from + 1 + random.nextInt(12));
      List<In> batch = inputs.subList(from, to);
      // With a lateness of 9 nothing that is still to come is older.
      long watermark = to == inputs.size() ? Long.MAX_VALUE : to / 2 - 8;
      if (random.nextInt(3) == 0) {
        batch.forEach(one -> send(harness, one));
        fill(harness, random);
        boolean ignored = random.nextBoolean() && harness.watermark(watermark);
        harness.results.clear();
        harness.late.clear();
        harness.abort();
      }
      harness.room.clear();
      batch.forEach(one -> send(harness, one));
      batch.forEach(model::take);
      boolean complete;
      do {
        fill(harness, random);
        complete = harness.watermark(watermark);
        found.addAll(harness.results);
        harness.results.clear();
        harness.commit();
        if (random.nextInt(4) == 0) {
          harness.abort(); // also amid a firing: it goes on
        }
      } while (!complete);
      harness.room.clear();
      model.fire(watermark);
      assertThat(harness.rows(VERSIONS)).as("versions at %d", watermark).isEqualTo(model.rows());
      assertThat(harness.rows(WAITING)).isEqualTo(model.waiting.size());
      from = to;
    }
  }

  private static void send(JoinHarness harness, In one) {
    harness.record(one.input(), one.key(), one.timeMs(), one.value());
  }

  /** Room for a few rows, then none. */
  private static void fill(JoinHarness harness, Random random) {
    harness.room.clear();
    if (random.nextBoolean()) {
      for (int i = 1 + random.nextInt(8); i >= 0; i--) {
        harness.room.add(true);
      }
      harness.room.add(false);
    }
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
            ErrorPolicy.deadLetter(),
            null)) {
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
    try (JoinHarness harness =
        harness(JoinKind.LEFT, Bag.class, bag -> bag, spoiling, policy, null)) {
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
