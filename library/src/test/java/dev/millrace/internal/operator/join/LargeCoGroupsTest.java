package dev.millrace.internal.operator.join;

import static dev.millrace.internal.operator.join.CoGroupCases.SESSION;
import static dev.millrace.internal.operator.join.CoGroupCases.SLIDING;
import static dev.millrace.internal.operator.join.CoGroupCases.TUMBLING;
import static dev.millrace.internal.operator.join.CoGroupCases.group;
import static dev.millrace.internal.operator.join.CoGroupCases.harness;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.plan.CoGroup;
import dev.millrace.internal.plan.JoinKind;
import dev.millrace.internal.plan.KeyedOperation;
import dev.millrace.internal.plan.TwoStreams;
import dev.millrace.internal.window.WindowKind;
import dev.millrace.window.Records;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Co-groups with more records than a function gets, or than a transaction has room for. */
final class LargeCoGroupsTest {

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
}
