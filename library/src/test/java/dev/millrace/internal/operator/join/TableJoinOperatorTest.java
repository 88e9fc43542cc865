package dev.millrace.internal.operator.join;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.fold.Upserted;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.operator.join.TableJoinCases.Case;
import dev.millrace.internal.operator.join.TableJoinOperator.RowsLetter;
import dev.millrace.internal.plan.JoinKind;
import dev.millrace.internal.plan.JoinSide;
import dev.millrace.internal.plan.KeyedOperation;
import dev.millrace.internal.plan.RowsFunction;
import dev.millrace.internal.plan.StageTableJoin;
import dev.millrace.internal.plan.StoreSpec.RowTimes;
import dev.millrace.internal.table.Revision;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.time.Duration;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A join of tables by their keys: which changes it emits, when functions fail, and its rows. */
final class TableJoinOperatorTest {

  private static final RowsFunction TEXT =
      rows ->
          rows.stream().map(row -> row == null ? "-" : row + "").collect(Collectors.joining("+"));

  @TempDir Path directory;

  private static JoinHarness harness(
      Type rowType,
      RowsFunction function,
      ErrorPolicy policy,
      @Nullable Path directory,
      boolean... needed) {
    List<JoinSide> sides = new ArrayList<>();
    for (boolean isNeeded : needed) {
      sides.add(new JoinSide(rowType, isNeeded));
    }
    StageTableJoin plan =
        new StageTableJoin(
            new KeyedOperation.TableJoin(sides, function), String.class, RowTimes.KEPT);
    return new JoinHarness(plan, context -> TableJoinOperator.of(plan, context), policy, directory);
  }

  private static JoinHarness harness(RowsFunction function, ErrorPolicy policy, JoinKind kind) {
    return harness(String.class, function, policy, null, needed(kind));
  }

  private static boolean[] needed(JoinKind kind) {
    // A side whose rows without a match are kept does not need the other one.
    return new boolean[] {!kind.keepsRight(), !kind.keepsLeft()};
  }

  private static void put(JoinHarness harness, int table, String key, long timeMs, Object row) {
    harness.record(table, key, timeMs, new Upserted<>(row));
  }

  private static void delete(JoinHarness harness, int table, String key, long timeMs) {
    harness.record(table, key, timeMs, new Upserted<>(null));
  }

  private static String shown(String result) {
    return result.replaceAll("Revision\\[key=(.*), before=(.*), after=(.*)\\]", "$1: $2 -> $3");
  }

  private static List<String> emitted(JoinHarness harness) {
    List<String> all =
        harness.results.stream()
            .map(TableJoinOperatorTest::shown)
            .map(s -> s.replace("null", "."))
            .toList();
    harness.results.clear();
    harness.objects.clear();
    return all;
  }

  // ------------------------------------------------------------------ a table of cases

  @TestFactory
  Stream<DynamicTest> changesAreThoseOfTheTable() {
    return CaseTests.each(TableJoinCases.ALL, List.of(JoinKind.values()), this::check);
  }

  private void check(Case each, JoinKind kind) {
    for (boolean aborts : new boolean[] {false, true}) {
      for (boolean onDisk : new boolean[] {false, true}) {
        Path place = onDisk ? directory.resolve(each.name() + kind + aborts) : null;
        List<String> found = new ArrayList<>();
        List<String> letters = new ArrayList<>();
        FailingPairs pairs = new FailingPairs("-");
        RowsFunction function = rows -> pairs.joined("", rows);
        ErrorPolicy policy = ErrorPolicy.deadLetter().retries(1, Duration.ZERO);
        try (JoinHarness harness = harness(String.class, function, policy, place, needed(kind))) {
          for (List<String> transaction : each.transactions()) {
            if (aborts) {
              run(harness, transaction);
              harness.results.clear();
              harness.abort();
            }
            run(harness, transaction);
            harness.commit();
            found.addAll(emitted(harness));
            harness.letters.forEach(
                letter -> letters.add(pairs.text(((RowsLetter) letter).rows())));
            harness.letters.clear();
          }
        }
        String mode = "aborts " + aborts + ", on disk " + onDisk;
        assertThat(found).as(mode).isEqualTo(each.expected(kind));
        assertThat(letters).as("letters, %s", mode).isEqualTo(each.letters(kind));
      }
    }
  }

  private static void run(JoinHarness harness, List<String> steps) {
    for (String step : steps) {
      String[] parts = step.split("[ @]");
      int table = parts[0].equals("L") ? 0 : 1;
      String[] row = (parts[1].contains("/") ? parts[1] : "k/" + parts[1]).split("/");
      long timeMs = Long.parseLong(parts[2]);
      harness.record(table, row[0], timeMs, new Upserted<>(row[1].equals("-") ? null : row[1]));
    }
  }

  // ------------------------------------------------------------------ all short histories

  private static final long[] TIMES = {20, 10, 40, 30, 25};

  /** Every sequence of changes of two tables and commits, beside what a recomputation gives. */
  @ParameterizedTest
  @EnumSource
  void everyShortHistoryIsThatOfARecomputation(JoinKind kind) {
    List<String> steps = List.of("0a", "0b", "0-", "1x", "1y", "1-", "C");
    int length = 5;
    try (JoinHarness harness = harness(TEXT, ErrorPolicy.fail(), kind)) {
      for (int number = 0; number < Math.pow(steps.size(), length); number++) {
        int rest = number;
        String key = "k" + number;
        Model model = new Model(needed(kind));
        StringBuilder history = new StringBuilder();
        for (int i = 0; i < length; i++) {
          String step = steps.get(rest % steps.size());
          rest /= steps.size();
          history.append(step).append(' ');
          if (step.equals("C")) {
            model.commit(harness, history);
          } else {
            Object row = step.endsWith("-") ? null : step.substring(1);
            int table = step.charAt(0) - '0';
            harness.record(table, key, TIMES[i], new Upserted<>(row));
            model.rows[table] = row;
            model.latestMs = row == null ? model.latestMs : Math.max(model.latestMs, TIMES[i]);
          }
        }
        model.commit(harness, history);
      }
    }
  }

  /** What the result of one key is. */
  private static final class Model {
    private final boolean[] needed;
    private final @Nullable Object[] rows = new Object[2];
    private @Nullable Object result;
    private long resultMs = Long.MIN_VALUE;
    private long latestMs = Long.MIN_VALUE;

    Model(boolean[] needed) {
      this.needed = needed;
    }

    void commit(JoinHarness harness, StringBuilder history) {
      boolean any = rows[0] != null || rows[1] != null;
      boolean there = any && (rows[0] != null || !needed[0]) && (rows[1] != null || !needed[1]);
      Object now =
          there
              ? (rows[0] == null ? "-" : rows[0]) + "+" + (rows[1] == null ? "-" : rows[1])
              : null;
      harness.commit();
      if (Objects.equals(result, now)) {
        assertThat(harness.results).as("%s", history).isEmpty();
      } else {
        assertThat(harness.objects).as("%s", history).hasSize(1);
        Revision revision = (Revision) harness.objects.get(0);
        assertThat(revision.before()).as("%s", history).isEqualTo(result);
        assertThat(revision.after()).as("%s", history).isEqualTo(now);
        String shown = harness.results.get(0);
        long timeMs = Long.parseLong(shown.substring(shown.lastIndexOf('@') + 1));
        assertThat(timeMs).as("%s", history).isGreaterThanOrEqualTo(resultMs);
        resultMs = now == null ? Long.MIN_VALUE : timeMs;
      }
      result = now;
      harness.results.clear();
      harness.objects.clear();
    }
  }

  /** Whatever tables a key is in before and after, there is one change of it, or none. */
  @Test
  void aKeyOfFourTablesChangesOnce() {
    boolean[] needed = {true, false, true, false};
    try (JoinHarness harness = harness(String.class, TEXT, ErrorPolicy.fail(), null, needed)) {
      for (int before = 0; before < 16; before++) {
        for (int after = 0; after < 16; after++) {
          String key = before + "to" + after;
          set(harness, key, 0, before, "a");
          harness.commit();
          String old = text(before, "a", needed);
          assertThat(emitted(harness))
              .isEqualTo(old == null ? List.of() : List.of(key + ": . -> " + old + "@10"));
          set(harness, key, before, after, "b");
          harness.commit();
          String now = text(after, "b", needed);
          assertThat(emitted(harness))
              .isEqualTo(
                  Objects.equals(old, now)
                      ? List.of()
                      : List.of(
                          key
                              + ": "
                              + (old == null ? "." : old)
                              + " -> "
                              + (now == null ? "." : now)
                              + "@10"));
        }
      }
    }
  }

  @Test
  void rowsThatChangeWithoutTheirResultEmitNothing() {
    RowsFunction length = rows -> ((String) TEXT.join(rows)).length();
    try (JoinHarness harness = harness(length, ErrorPolicy.fail(), JoinKind.OUTER)) {
      put(harness, 0, "k", 10, "a");
      harness.commit();
      assertThat(emitted(harness)).containsExactly("k: . -> 3@10");
      put(harness, 0, "k", 20, "b");
      put(harness, 1, "k", 30, "x");
      harness.commit();
      assertThat(emitted(harness)).isEmpty();
      delete(harness, 0, "k", 40);
      put(harness, 1, "k", 40, "xy");
      harness.commit();
      assertThat(emitted(harness)).containsExactly("k: 3 -> 4@40");
    }
  }

  private static void set(JoinHarness harness, String key, int before, int after, String row) {
    for (int table = 0; table < 4; table++) {
      if ((after >> table & 1) == 1) {
        put(harness, table, key, 10, row + table);
      } else if ((before >> table & 1) == 1) {
        delete(harness, table, key, 10);
      }
    }
  }

  private static @Nullable String text(int present, String row, boolean[] needed) {
    List<String> parts = new ArrayList<>();
    for (int table = 0; table < 4; table++) {
      boolean there = (present >> table & 1) == 1;
      if (!there && needed[table]) {
        return null;
      }
      parts.add(there ? row + table : "-");
    }
    return String.join("+", parts);
  }

  // ------------------------------------------------------------------ failures

  /** Fails on rows with "!" always, on those with "?" once. */
  private static RowsFunction failing() {
    Set<String> failed = new HashSet<>();
    return rows -> {
      String text = (String) TEXT.join(rows);
      if (text.contains("!") || (text.contains("?") && failed.add(text))) {
        throw new IllegalArgumentException("cannot join " + text);
      }
      return text;
    };
  }

  @Test
  void aRowThatFailsIsDroppedAndTheOldOneDeleted() {
    try (JoinHarness harness = harness(failing(), ErrorPolicy.deadLetter(), JoinKind.LEFT)) {
      put(harness, 0, "k", 10, "a");
      harness.commit();
      put(harness, 1, "k", 20, "x!");
      harness.commit();
      assertThat(emitted(harness)).containsExactly("k: . -> a+-@10", "k: a+- -> .@20");
      assertThat(harness.letters).containsExactly(new RowsLetter("k", List.of("a", "x!")));
      put(harness, 1, "k", 15, "y");
      harness.commit();
      assertThat(emitted(harness)).containsExactly("k: . -> a+y@20");
    }
  }

  @Test
  void whatWasDroppedIsNotTakenBack() {
    try (JoinHarness harness = harness(failing(), ErrorPolicy.skip(), JoinKind.INNER)) {
      put(harness, 0, "k", 10, "a!");
      put(harness, 1, "k", 10, "x");
      harness.commit();
      assertThat(harness.letters).hasSize(1);
      delete(harness, 0, "k", 20);
      harness.commit();
      assertThat(emitted(harness)).isEmpty();
      assertThat(harness.letters).as("the old side fails once more").hasSize(2);
    }
  }

  @Test
  void bothSidesOfAChangeAreTriedAgain() {
    ErrorPolicy once = ErrorPolicy.skip().retries(1, Duration.ZERO);
    try (JoinHarness harness = harness(failing(), once, JoinKind.INNER)) {
      put(harness, 0, "k", 10, "a?");
      put(harness, 1, "k", 10, "x");
      harness.commit();
      assertThat(emitted(harness)).containsExactly("k: . -> a?+x@10");
      put(harness, 1, "k", 20, "y");
      harness.commit();
      assertThat(emitted(harness)).containsExactly("k: a?+x -> a?+y@20");
      assertThat(harness.retries).isEqualTo(2);
      assertThat(harness.letters).isEmpty();
    }
  }

  @Test
  void aFailureThatStopsTheJobLeavesWhatIsCommitted() {
    boolean[] broken = {true};
    RowsFunction function =
        rows -> {
          if (broken[0] && rows.get(1) != null) {
            throw new IllegalStateException("broken");
          }
          return TEXT.join(rows);
        };
    try (JoinHarness harness = harness(function, ErrorPolicy.fail(), JoinKind.LEFT)) {
      put(harness, 0, "k", 10, "a");
      harness.commit();
      put(harness, 1, "k", 20, "x");
      assertThatThrownBy(harness::commit).hasMessage("the job stops");
      harness.abort();
      broken[0] = false;
      put(harness, 1, "k", 20, "x");
      harness.commit();
      assertThat(emitted(harness)).containsExactly("k: . -> a+-@10", "k: a+- -> a+x@20");
    }
  }

  @Test
  void aResultOfNullIsAFailure() {
    Map<String, Object> none = new HashMap<>();
    RowsFunction function = rows -> none.get("result");
    try (JoinHarness harness = harness(function, ErrorPolicy.fail(), JoinKind.INNER)) {
      put(harness, 0, "k", 10, "a");
      put(harness, 1, "k", 12, "x");
      assertThatThrownBy(harness::commit)
          .hasRootCauseMessage(
              "the function of the join returned null; filter the row out instead");
    }
  }

  // ------------------------------------------------------------------ objects that change

  /** A row that can be changed. */
  public static final class Tally {
    public List<String> seen = new ArrayList<>();

    public Tally() {}

    Tally(String one) {
      seen.add(one);
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Tally tally && seen.equals(tally.seen);
    }

    @Override
    public int hashCode() {
      return seen.hashCode();
    }

    @Override
    public String toString() {
      return seen.toString();
    }
  }

  /** Puts the right row into the left one, and returns that; fails as often as it is told to. */
  private static RowsFunction merging(int[] failures) {
    return rows -> {
      Tally left = (Tally) Objects.requireNonNull(rows.get(0));
      Tally right = (Tally) rows.get(1);
      left.seen.addAll(right == null ? List.of("-") : right.seen);
      if (failures[0]-- > 0) {
        throw new IllegalStateException("after the change");
      }
      return left;
    };
  }

  @Test
  void whatFunctionsAndLaterStepsChangeIsInNoRow() {
    int[] failures = {0};
    ErrorPolicy once = ErrorPolicy.skip().retries(1, Duration.ZERO);
    try (JoinHarness harness = harness(Tally.class, merging(failures), once, null, true, false)) {
      Tally given = new Tally("a");
      put(harness, 0, "k", 10, given);
      given.seen.add("changed by who sent it");
      harness.commit();
      assertThat(harness.results).hasSize(1);
      ((Tally) ((Revision) harness.objects.get(0)).after()).seen.add("changed by who got it");
      assertThat(emitted(harness)).containsExactly("k: . -> [a, -]@10");
      failures[0] = 1;
      put(harness, 1, "k", 20, new Tally("x"));
      harness.commit();
      Revision revision = (Revision) harness.objects.get(0);
      ((Tally) revision.before()).seen.clear();
      ((Tally) revision.after()).seen.clear();
      assertThat(emitted(harness)).containsExactly("k: [a, -] -> [a, x]@20");
      delete(harness, 1, "k", 30);
      harness.commit();
      assertThat(emitted(harness)).containsExactly("k: [a, x] -> [a, -]@30");
    }
  }

  /** The old row must not stay in the place of one that cannot be written. */
  @Test
  void aRowThatCannotBeWrittenDeletesTheOneItReplaces() {
    RowsFunction function = rows -> rows.get(0) + "+" + rows.get(1);
    try (JoinHarness harness =
        harness(Tally.class, function, ErrorPolicy.skip(), null, true, false)) {
      put(harness, 0, "k", 10, new Tally("a"));
      put(harness, 1, "k", 10, new Tally("x"));
      harness.commit();
      Tally broken = new Tally();
      broken.seen =
          new AbstractList<>() {
            @Override
            public String get(int index) {
              throw new IllegalStateException("broken");
            }

            @Override
            public int size() {
              return 1;
            }
          };
      put(harness, 1, "k", 20, broken);
      harness.commit();
      assertThat(emitted(harness)).containsExactly("k: . -> [a]+[x]@10", "k: [a]+[x] -> [a]+.@20");
    }
  }

  // ------------------------------------------------------------------ rows

  @Test
  void aDeletedRowLeavesItsTimeForAsLongAsTheResultIsThere() {
    try (JoinHarness harness = harness(TEXT, ErrorPolicy.fail(), JoinKind.LEFT)) {
      put(harness, 0, "k", 10, "a");
      put(harness, 1, "k", 20, "x");
      harness.commit();
      delete(harness, 1, "k", 30);
      harness.commit();
      assertThat(harness.rows()).isEqualTo(2);
      delete(harness, 0, "k", 30);
      harness.commit();
      assertThat(harness.rows()).isZero();
    }
    try (JoinHarness harness = harness(TEXT, ErrorPolicy.fail(), JoinKind.INNER)) {
      put(harness, 0, "k", 10, "a");
      put(harness, 1, "k", 20, "x");
      harness.commit();
      delete(harness, 1, "k", 30);
      harness.commit();
      assertThat(harness.rows()).isOne();
    }
  }

  @Test
  void aTimeTooFarAheadIsNotThatOfTheRow() {
    try (JoinHarness harness = harness(TEXT, ErrorPolicy.fail(), JoinKind.INNER)) {
      put(harness, 0, "k", 10, "a");
      harness.record(1, "k", 1_000, new Upserted<>("x"), FrameFormat.TOO_FAR_AHEAD);
      harness.commit();
      assertThat(emitted(harness)).containsExactly("k: . -> a+x@10");
    }
  }

  @Test
  void aRowWithoutATimeChangesAtTheWatermark() {
    try (JoinHarness harness = harness(TEXT, ErrorPolicy.fail(), JoinKind.OUTER)) {
      harness.watermark(77);
      harness.record(1, "k", 1_000, new Upserted<>("x"), FrameFormat.TOO_FAR_AHEAD);
      harness.commit();
      assertThat(emitted(harness)).containsExactly("k: . -> -+x@77");
    }
  }
}
