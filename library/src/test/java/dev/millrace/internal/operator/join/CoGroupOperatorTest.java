package dev.millrace.internal.operator.join;

import static dev.millrace.internal.operator.join.CoGroupCases.SESSION;
import static dev.millrace.internal.operator.join.CoGroupCases.SLIDING;
import static dev.millrace.internal.operator.join.CoGroupCases.TUMBLING;
import static dev.millrace.internal.operator.join.CoGroupCases.group;
import static dev.millrace.internal.operator.join.CoGroupCases.harness;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.function.Collector;
import dev.millrace.internal.plan.CoGroup;
import dev.millrace.internal.plan.JoinKind;
import dev.millrace.internal.plan.KeyedOperation;
import dev.millrace.internal.plan.StageCoGroup;
import dev.millrace.internal.plan.TwoStreams;
import dev.millrace.internal.window.WindowKind;
import dev.millrace.window.Records;
import dev.millrace.window.Window;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A co-group: functions that fail, objects that change, groups that are large, and rows. */
final class CoGroupOperatorTest {

  private static final Window FIRST = Window.ofEpochMillis(0, 10);

  // ------------------------------------------------------------------ failures

  /** Emits, and then fails on groups that have such a value: for ever, or the first time. */
  private static CoGroup failing(WindowKind window) {
    Set<String> failed = new HashSet<>();
    return group(
        window,
        String.class,
        (key, bounds, left, right, out) -> {
          String all = left.toList() + "|" + right.toList();
          out.emit(all);
          if (all.contains("!") || (all.contains("?") && failed.add(all))) {
            throw new IllegalArgumentException("cannot group " + all);
          }
          out.emit("and " + left.stream().count());
        });
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aGroupThatFailsIsDroppedAlone(boolean commits) {
    try (JoinHarness harness = harness(failing(TUMBLING), ErrorPolicy.deadLetter(), null)) {
      harness.record(0, "j", 1, "a");
      harness.record(0, "k", 2, "b!");
      harness.record(1, "k", 3, "x");
      harness.record(1, "k", 1, "y");
      harness.record(1, "k", 13, "z");
      if (commits) {
        harness.commit();
      }
      assertThat(harness.watermark(100)).isTrue();
      assertThat(harness.results).containsExactly("[a]|[]@9", "and 1@9", "[]|[z]@19", "and 0@19");
      assertThat(harness.letters)
          .containsExactly(new GroupLetter("k", FIRST, 1, List.of("b!"), List.of("y", "x")));
      assertThat(harness.rows()).isZero();
    }
  }

  @Test
  void aGroupThatIsSkippedCountsOnce() {
    try (JoinHarness harness = harness(failing(SESSION), ErrorPolicy.skip(), null)) {
      for (int i = 0; i < 3_000; i++) {
        harness.record(i % 2, "k", i / 100, i + "!");
      }
      harness.watermark(100);
      assertThat(harness.results).isEmpty();
      assertThat(harness.failures).hasSize(1);
      assertThat(harness.rows()).isZero();
    }
  }

  @Test
  void anotherAttemptMakesItsResultsOnce() {
    ErrorPolicy twice = ErrorPolicy.fail().retries(1, Duration.ZERO);
    try (JoinHarness harness = harness(failing(SESSION), twice, null)) {
      harness.record(0, "k", 1, "a?");
      harness.record(1, "k", 8, "x");
      harness.watermark(100);
      assertThat(harness.results).containsExactly("[a?]|[x]@17", "and 1@17");
      assertThat(harness.retries).isEqualTo(1);
    }
  }

  @Test
  void aFailureThatStopsTheJobLeavesTheGroup() {
    try (JoinHarness harness = harness(failing(SLIDING), ErrorPolicy.fail(), null)) {
      harness.record(0, "k", 7, "a?");
      harness.commit();
      assertThatThrownBy(() -> harness.watermark(10)).hasMessage("the job stops");
      harness.results.clear();
      harness.abort();
      harness.watermark(10);
      assertThat(harness.results).containsExactly("[a?]|[]@9", "and 1@9");
      harness.watermark(20);
      assertThat(harness.results).hasSize(4);
    }
  }

  @Test
  @SuppressWarnings("NullAway") // what a program may do
  void aResultOfNullIsAFailure() {
    CoGroup nulls =
        group(TUMBLING, String.class, (key, window, left, right, out) -> out.emit(null));
    try (JoinHarness harness = harness(nulls, ErrorPolicy.fail(), null)) {
      harness.record(0, "k", 1, "a");
      assertThatThrownBy(() -> harness.watermark(10))
          .hasRootCauseMessage("the function of the co-group emitted null");
    }
  }

  @Test
  void aCollectorThatIsKeptRefusesResultsWhenItsCallIsOver() {
    List<Runnable> kept = new ArrayList<>();
    CoGroup keeping =
        CoGroupCases.<String>group(
            TUMBLING,
            String.class,
            (String key,
                Window window,
                Records<String> left,
                Records<String> right,
                Collector<String> out) -> {
              out.emit(key);
              kept.add(() -> out.emit("late"));
            });
    try (JoinHarness harness = harness(keeping, ErrorPolicy.fail(), null)) {
      harness.record(0, "k", 1, "a");
      harness.watermark(10);
      assertThatThrownBy(() -> kept.get(0).run())
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("co-group")
          .hasMessageContaining("call is over");
      harness.record(0, "l", 11, "a");
      harness.watermark(20);
      assertThat(harness.results).containsExactly("k@9", "l@19");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theRecordsOfALargeGroupAreInSeveralLetters(boolean commits) {
    String much = "x".repeat(50 << 10);
    try (JoinHarness harness = harness(failing(TUMBLING), ErrorPolicy.deadLetter(), null)) {
      List<Object> lefts = new ArrayList<>();
      List<Object> rights = new ArrayList<>();
      for (int i = 0; i < 2_500; i++) {
        lefts.add("a!" + i);
        harness.record(0, "k", 1, "a!" + i);
      }
      for (int i = 0; i < 10; i++) {
        rights.add(much + i);
        harness.record(1, "k", 2, much + i);
      }
      if (commits) {
        harness.commit();
      }
      harness.watermark(10);
      List<GroupLetter> letters =
          harness.letters.stream().map(letter -> (GroupLetter) letter).toList();
      assertThat(letters).extracting(GroupLetter::part).containsExactly(1, 2, 3, 4, 5, 6, 7);
      assertThat(letters.stream().flatMap(letter -> letter.left().stream()).toList())
          .isEqualTo(lefts);
      assertThat(letters.stream().flatMap(letter -> letter.right().stream()).toList())
          .isEqualTo(rights);
      assertThat(letters)
          .allSatisfy(
              letter -> {
                assertThat(letter.left().size() + letter.right().size()).isBetween(1, 1_000);
                assertThat(letter.right()).hasSizeLessThanOrEqualTo(2);
              });
    }
  }

  /** Together with smaller ones it might not fit into a letter, and the job would stop. */
  @Test
  void aLargeRecordIsInALetterOfItsOwn() {
    String large = "x".repeat(1_000_000);
    String small = "y".repeat(100_000);
    try (JoinHarness harness = harness(failing(TUMBLING), ErrorPolicy.deadLetter(), null)) {
      harness.record(0, "k", 1, "a!");
      harness.record(0, "k", 2, large);
      harness.record(1, "k", 3, small);
      harness.record(1, "k", 4, large);
      harness.watermark(10);
      assertThat(harness.letters)
          .containsExactly(
              new GroupLetter("k", FIRST, 1, List.of("a!"), List.of()),
              new GroupLetter("k", FIRST, 2, List.of(large), List.of()),
              new GroupLetter("k", FIRST, 3, List.of(), List.of(small)),
              new GroupLetter("k", FIRST, 4, List.of(), List.of(large)));
    }
  }

  // ------------------------------------------------------------------ objects that change

  /** {@return what is there, which is changed while it is read} */
  private static String spoilt(Records<Bag> bags) {
    StringBuilder seen = new StringBuilder();
    for (Bag bag : bags) {
      seen.append(bag);
      bag.items.add("!");
    }
    return seen.toString();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatAFunctionChangesIsSeenByNoOtherPass(boolean commits) {
    Set<String> failed = new HashSet<>();
    CoGroup spoiling =
        group(
            SLIDING,
            Bag.class,
            (key, window, left, right, out) -> {
              String first = spoilt(left) + "|" + spoilt(right);
              if (failed.add(window.toString())) {
                throw new IllegalStateException("fails after it has changed what it got");
              }
              out.emit(first + "=" + spoilt(left) + "|" + spoilt(right));
              out.emit(left.iterator().next());
            });
    ErrorPolicy twice = ErrorPolicy.fail().retries(1, Duration.ZERO);
    try (JoinHarness harness = harness(spoiling, twice, null)) {
      Bag shared = new Bag("a");
      harness.record(0, "k", 5, shared);
      shared.items.add("changed by another step");
      harness.record(0, "k", 6, new Bag("b"));
      harness.record(1, "k", 7, new Bag("x"));
      if (commits) {
        harness.commit();
      }
      harness.watermark(10);
      harness.objects.forEach(CoGroupOperatorTest::spoil);
      harness.watermark(15);
      assertThat(harness.results).containsExactly("ab|x=ab|x@9", "a@9", "ab|x=ab|x@14", "a@14");
    }
  }

  private static void spoil(Object result) {
    if (result instanceof Bag bag) {
      bag.items.add("changed by a later step");
    }
  }

  @ParameterizedTest
  @EnumSource(JoinKind.class)
  void whatTheFunctionOfAJoinChangesIsSeenByNoOtherPair(JoinKind kind) {
    Set<String> failed = new HashSet<>();
    TwoStreams join =
        new KeyedOperation.StreamJoin(
            kind,
            CoGroupCases.bySessions(),
            (Bag left, Bag right) -> {
              String pair = left + "+" + right;
              for (Bag bag : new Bag[] {left, right}) {
                if (bag != null) {
                  bag.items.add("!");
                }
              }
              if (failed.add(pair)) {
                throw new IllegalStateException("fails after it has changed what it got");
              }
              return pair;
            },
            Bag.class,
            Bag.class,
            Optional.empty(),
            Optional.empty());
    try (JoinHarness harness = harness(join, ErrorPolicy.fail().retries(1, Duration.ZERO), null)) {
      harness.record(0, "k", 1, new Bag("a"));
      harness.record(0, "k", 2, new Bag("b"));
      harness.record(1, "k", 3, new Bag("x"));
      harness.record(1, "k", 4, new Bag("y"));
      harness.record(0, "k", 50, new Bag("c"));
      harness.record(1, "k", 70, new Bag("z"));
      harness.watermark(100);
      List<String> expected = new ArrayList<>(List.of("a+x@13", "a+y@13", "b+x@13", "b+y@13"));
      if (kind.keepsLeft()) {
        expected.add("c+null@59");
      }
      if (kind.keepsRight()) {
        expected.add("null+z@79");
      }
      assertThat(harness.results).isEqualTo(expected);
    }
  }

  // ------------------------------------------------------------------ counters

  @Test
  void aRecordThatHasMissedAWindowIsCountedAsPartlyLate() {
    try (JoinHarness harness = harness(group(SLIDING), ErrorPolicy.fail(), null)) {
      harness.watermark(10);
      harness.record(0, "k", 7, "a");
      harness.record(1, "k", 9, "b");
      harness.record(1, "k", 10, "c");
      assertThat(harness.partlyLate).isEqualTo(2);
      assertThat(harness.late).isEmpty();
    }
  }

  // ------------------------------------------------------------------ large groups

  private static final int MANY = 5 * SideRecords.ROWS_PER_CHUNK + 3;

  private static void fill(JoinHarness harness, int input) {
    for (int i = 0; i < MANY; i++) {
      harness.record(input, "k", i % 10, "" + i);
    }
  }

  /** Those of {@link #fill} in the order of time, then arrival. */
  private static List<String> filled() {
    return IntStream.range(0, 10)
        .boxed()
        .flatMap(time -> IntStream.range(0, MANY).filter(i -> i % 10 == time).boxed())
        .map(String::valueOf)
        .toList();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void recordsAreReadAsOftenAsAFunctionLikes(boolean commits) {
    List<List<String>> passes = new ArrayList<>();
    CoGroup reading =
        group(
            TUMBLING,
            String.class,
            (key, window, left, right, out) -> {
              passes.add(left.toList());
              int pairs = 0;
              for (String one : left) {
                assertThat(one).isNotEmpty();
                for (String other : right) { // not to its end
                  pairs++;
                  if (other.equals("10")) {
                    break;
                  }
                }
              }
              assertThat(left.isEmpty() || right.isEmpty()).isFalse();
              passes.add(right.stream().toList());
              out.emit(pairs);
            });
    try (JoinHarness harness = harness(reading, ErrorPolicy.fail(), null)) {
      fill(harness, 0);
      fill(harness, 1);
      if (commits) {
        harness.commit();
      }
      harness.watermark(10);
      assertThat(passes).containsExactly(filled(), filled());
      assertThat(harness.results).containsExactly(2 * MANY + "@9");
      assertThat(harness.rows()).isZero();
    }
  }

  @Test
  void oneSideMayHaveNone() {
    CoGroup sides =
        group(
            TUMBLING,
            String.class,
            (key, window, left, right, out) -> out.emit(left.isEmpty() + " " + right.isEmpty()));
    try (JoinHarness harness = harness(sides, ErrorPolicy.fail(), null)) {
      harness.record(0, "j", 1, "a");
      fill(harness, 1);
      harness.record(0, "k", 20, "a");
      harness.watermark(10);
      assertThat(harness.results).containsExactly("false true@9", "true false@9");
    }
  }

  @Test
  void recordsCannotBeReadWhenTheCallIsOver() {
    List<Records<String>> kept = new ArrayList<>();
    List<Iterator<String>> begun = new ArrayList<>();
    CoGroup keeping =
        group(
            TUMBLING,
            String.class,
            (key, window, left, right, out) -> {
              kept.add(left);
              begun.add(left.iterator());
              begun.get(0).next();
            });
    try (JoinHarness harness = harness(keeping, ErrorPolicy.fail(), null)) {
      fill(harness, 0);
      harness.watermark(10);
      assertThatThrownBy(() -> kept.get(0).iterator())
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("the call of the function is over");
      assertThatThrownBy(() -> kept.get(0).isEmpty()).hasMessageContaining("is over");
      assertThatThrownBy(() -> begun.get(0).next()).hasMessageContaining("is over");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aFunctionIsNotCalledAgainWhileItsRecordsGo(boolean isMadeAnew) {
    for (WindowKind window : List.of(TUMBLING, SLIDING, SESSION)) {
      try (JoinHarness harness = harness(group(window), ErrorPolicy.fail(), null)) {
        for (int i = 0; i < 8; i++) {
          harness.record(i % 2, "k", 5 + i / 4, "" + i);
        }
        harness.commit();
        int transactions = 0;
        boolean complete;
        do {
          harness.room.clear();
          harness.room.addAll(List.of(true, true, false, false, false));
          complete = harness.watermark(17);
          harness.commit();
          transactions++;
          if (isMadeAnew) {
            harness.abort();
          }
        } while (!complete);
        assertThat(harness.rows()).isZero();
        assertThat(transactions).as(window.describe()).isGreaterThan(3);
        String all = "0 2 4 6|1 3 5 7";
        assertThat(harness.results)
            .isEqualTo(
                window == TUMBLING
                    ? List.of("0-10:" + all + "@9")
                    : window == SESSION
                        ? List.of("5-16:" + all + "@15")
                        : List.of("0-10:" + all + "@9", "5-15:" + all + "@14"));
      }
    }
  }

  @Test
  void aRecordAmidTheFiringOfItsKeyIsInALaterWindow() {
    for (WindowKind window : List.of(TUMBLING, SESSION)) {
      try (JoinHarness harness = harness(group(window), ErrorPolicy.fail(), null)) {
        for (int i = 0; i < 4; i++) {
          harness.record(0, "k", 5, "" + i);
        }
        harness.room.addAll(List.of(true, true, false, false, false));
        assertThat(harness.watermark(20)).isFalse();
        harness.commit();
        harness.abort();
        harness.record(0, "k", 25, "later");
        harness.watermark(20);
        harness.watermark(100);
        assertThat(harness.results).hasSize(2);
        assertThat(harness.results.get(0)).contains(":0 1 2 3|");
        assertThat(harness.results.get(1)).contains(":later|");
        assertThat(harness.rows()).isZero();
      }
    }
  }

  /**
   * Time has passed it, although not everything has fired: whether it is late must not depend on
   * how much fits into a transaction, and its key may have fired already.
   */
  @Test
  void anOldRecordAmidAFiringIsLate() {
    for (WindowKind window : List.of(TUMBLING, SESSION)) {
      try (JoinHarness harness = harness(group(window), ErrorPolicy.fail(), null)) {
        for (int i = 0; i < 4; i++) {
          harness.record(0, "k", 25, "" + i);
        }
        harness.room.addAll(List.of(true, true, false, false, false));
        assertThat(harness.watermark(50)).isFalse();
        harness.record(0, "k", 3, "old");
        harness.record(1, "other", 3, "old");
        harness.commit();
        harness.room.clear();
        assertThat(harness.watermark(50)).isTrue();
        assertThat(harness.results).singleElement().asString().contains(":0 1 2 3|");
        assertThat(harness.late)
            .containsExactly(
                "counted 1",
                "left old@3 BEHIND_WATERMARK",
                "counted 1",
                "right old@3 BEHIND_WATERMARK");
        assertThat(harness.rows()).isZero();
      }
    }
  }

  /** Lefts go one by one, rights when all pairs are emitted: they have met, and are not alone. */
  @ParameterizedTest
  @ValueSource(ints = {2, 3, 5})
  void thePairsOfALargeSessionAreEmittedInSeveralTransactions(int rows) {
    TwoStreams join = JoinCases.join(JoinKind.OUTER, CoGroupCases.bySessions());
    try (JoinHarness harness = harness(join, ErrorPolicy.fail(), null)) {
      List<String> expected = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        harness.record(0, "k", 10 * i, "a" + i); // without them, the rights are far apart
        harness.record(1, "k", 20 * (i / 2), "x" + i);
      }
      for (int i = 0; i < 5; i++) {
        for (int j = 0; j < 5; j++) {
          expected.add("a" + i + "+x" + j + "@49");
        }
      }
      harness.commit();
      int transactions = 0;
      boolean complete;
      do {
        harness.room.clear();
        for (int i = 0; i < rows; i++) {
          harness.room.add(true);
        }
        harness.room.addAll(List.of(false, false));
        complete = harness.watermark(100);
        harness.commit();
        harness.abort();
        transactions++;
      } while (!complete);
      assertThat(harness.results).isEqualTo(expected);
      assertThat(transactions).isGreaterThan(1);
      assertThat(harness.rows()).isZero();
    }
  }

  @Test
  void aPairThatFailsIsDroppedAlone() {
    TwoStreams join =
        new KeyedOperation.StreamJoin(
            JoinKind.OUTER,
            CoGroupCases.bySessions(),
            (String left, String right) -> {
              if ((left + right).contains("!")) {
                throw new IllegalArgumentException("cannot join");
              }
              return left + "+" + right;
            },
            String.class,
            String.class,
            Optional.empty(),
            Optional.empty());
    try (JoinHarness harness = harness(join, ErrorPolicy.deadLetter(), null)) {
      harness.record(0, "k", 1, "a");
      harness.record(0, "k", 2, "b!");
      harness.record(1, "k", 3, "x");
      harness.record(0, "k", 50, "c!");
      harness.record(0, "k", 51, "d");
      harness.watermark(100);
      assertThat(harness.results).containsExactly("a+x@12", "d+null@60");
      assertThat(harness.letters)
          .containsExactly(new PairLetter("k", "b!", "x"), new PairLetter("k", "c!", null));
    }
  }

  // ------------------------------------------------------------------ rows

  @Test
  void aRecordIsOneRowInHoweverManyWindows() {
    try (JoinHarness harness = harness(group(SLIDING), ErrorPolicy.fail(), null)) {
      for (int i = 0; i < 20; i++) {
        harness.record(i % 2, "k", i / 2, "" + i);
      }
      assertThat(harness.rows(StageCoGroup.LEFT)).isEqualTo(10);
      assertThat(harness.rows(StageCoGroup.RIGHT)).isEqualTo(10);
      assertThat(harness.rows(StageCoGroup.HEADS)).isEqualTo(1);
      assertThat(harness.rows(StageCoGroup.DUE)).isEqualTo(1);
      harness.commit();
      harness.record(0, "k", 10, "b");
      assertThat(harness.changed(StageCoGroup.HEADS)).isZero();
      assertThat(harness.changed(StageCoGroup.DUE)).isZero();
      harness.watermark(10);
      assertThat(harness.rows(StageCoGroup.LEFT)).as("of 5 ms and later").isEqualTo(6);
      assertThat(harness.rows(StageCoGroup.DUE)).isEqualTo(1);
    }
  }

  @Test
  void anEarlierRecordMovesTheEntryOfItsKey() {
    for (WindowKind window : List.of(TUMBLING, SESSION)) {
      try (JoinHarness harness = harness(group(window), ErrorPolicy.fail(), null)) {
        harness.record(0, "k", 33, "b");
        harness.commit();
        harness.record(1, "k", 3, "a");
        assertThat(harness.rows(StageCoGroup.DUE)).isEqualTo(1);
      }
    }
  }

  @Test
  void aSingleRecordOnEachSideIsFoundWithoutAScan() {
    for (WindowKind window : List.of(TUMBLING, SESSION)) {
      try (JoinHarness harness = harness(group(window), ErrorPolicy.fail(), null)) {
        harness.record(0, "k", 1, "a");
        harness.record(1, "k", 2, "x");
        harness.commit();
        int before = harness.scans().begins.size();
        harness.watermark(100);
        assertThat(harness.scans().begins).as("of the index").hasSize(before + 1);
        assertThat(harness.results).hasSize(1);
        assertThat(harness.rows()).isZero();
      }
    }
  }

  @Test
  void aSecondRecordIsFoundWhenOneIsLeft() {
    try (JoinHarness harness = harness(group(TUMBLING), ErrorPolicy.fail(), null)) {
      harness.record(0, "k", 1, "a");
      harness.record(0, "k", 11, "b");
      harness.watermark(10);
      harness.record(0, "k", 12, "c");
      harness.watermark(20);
      assertThat(harness.results).containsExactly("0-10:a|@9", "10-20:b c|@19");
    }
  }

  @Test
  void aFiringPassesOnlyTheRecordsOfItsWindow() {
    int buffered = 3_000;
    try (JoinHarness harness = harness(group(TUMBLING), ErrorPolicy.fail(), null)) {
      for (int i = 0; i < buffered; i++) {
        harness.record(0, "k", i, "" + i);
      }
      harness.commit();
      harness.scans().rows = 0;
      harness.watermark(10);
      assertThat(harness.results).hasSize(1);
      assertThat(harness.scans().rows).isLessThanOrEqualTo(30);
      assertThat(harness.rows(StageCoGroup.LEFT)).isEqualTo(buffered - 10);
    }
  }

  @Test
  void aSessionThatGoesOnIsWalkedAlongOnce() {
    int records = 1_000;
    try (JoinHarness harness = harness(group(SESSION), ErrorPolicy.fail(), null)) {
      for (int i = 0; i < records; i++) {
        harness.record(i % 2, "k", i, "" + i);
        harness.commit();
        if (i % 20 == 19) {
          harness.watermark(i - 3);
          harness.commit();
        }
      }
      harness.watermark(records + 9);
      harness.commit();
      assertThat(harness.results).isEmpty();
      assertThat(harness.scans().rows).as("read on the way").isLessThan(2 * records);
    }
  }

  /** It is late unless it belongs to an open session, which is all that is looked for. */
  @Test
  void anOldRecordPassesNoMoreThanShowsThatItsSessionIsOpen() {
    int records = 1_000;
    try (JoinHarness harness = harness(group(SESSION), ErrorPolicy.fail(), null)) {
      for (int i = 0; i < records; i++) {
        harness.record(i % 2, "k", i, "" + i);
      }
      harness.watermark(500);
      harness.commit();
      harness.scans().rows = 0;
      harness.record(0, "k", 3, "old");
      assertThat(harness.late).isEmpty();
      assertThat(harness.scans().rows).isLessThan(10);
    }
  }
}
