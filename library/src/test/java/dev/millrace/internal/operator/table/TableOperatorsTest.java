package dev.millrace.internal.operator.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.function.RowFilter;
import dev.millrace.function.RowFunction;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.NoFailures;
import dev.millrace.internal.operator.Output;
import dev.millrace.internal.operator.table.TableOperators.Sides;
import dev.millrace.internal.table.Revision;
import dev.millrace.internal.table.TableRow;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What becomes of a change of a row in each step on a table. */
final class TableOperatorsTest {

  private static final int AHEAD = FrameFormat.TOO_FAR_AHEAD;

  /** Has none of 666. */
  private static final Map<Integer, Integer> TENTHS = Map.of(10, 1, 20, 2, 29, 2, 30, 3);

  private final List<String> emitted = new ArrayList<>();
  private final List<String> dropped = new ArrayList<>();
  private final Output next =
      (value, timeMs, kind) -> emitted.add(kind + "@" + timeMs + " " + shown(value));

  private static String shown(Object value) {
    if (value instanceof Revision revision) {
      return revision.key() + ": " + revision.before() + " -> " + revision.after();
    }
    if (value instanceof TableRow row) {
      return row.key() + ": " + row.value();
    }
    return value.toString();
  }

  private Guard guard(ErrorPolicy policy) {
    return new Guard(
        "step",
        policy,
        new NoFailures() {
          @Override
          public void giveUp(
              String operator, ErrorPolicy by, @Nullable Object value, Exception cause) {
            if (by.action() == ErrorPolicy.Action.FAIL) {
              throw new IllegalStateException("stopped", cause);
            }
            dropped.add(String.valueOf(value == null ? null : shown(value)));
          }
        });
  }

  private static void change(Output step, @Nullable Object before, @Nullable Object after) {
    step.emit(new Revision("k", before, after), 7, FrameFormat.RECORD);
  }

  private Output even(ErrorPolicy policy) {
    RowFilter<String, Integer> even =
        (key, value) -> {
          if (value == 13) {
            throw new IllegalStateException("thirteen");
          }
          return value % 2 == 0;
        };
    return TableOperators.filter(even, guard(policy), next);
  }

  private Output tenth(ErrorPolicy policy) {
    RowFunction<String, Integer, Integer> tenth =
        (key, value) -> {
          if (value == 13) {
            throw new IllegalStateException("thirteen");
          }
          return TENTHS.get(value);
        };
    return TableOperators.map(tenth, guard(policy), next);
  }

  @Test
  void aFilterSeesBothSidesOfAChange() {
    Output step = even(ErrorPolicy.fail());
    change(step, null, 2);
    change(step, 2, 4);
    change(step, 4, 5);
    change(step, 5, 7);
    change(step, 7, 8);
    change(step, 8, null);
    change(step, null, 3);
    change(step, 3, null);
    assertThat(emitted)
        .containsExactly(
            "0@7 k: null -> 2",
            "0@7 k: 2 -> 4",
            "0@7 k: 4 -> null",
            "0@7 k: null -> 8",
            "0@7 k: 8 -> null");
  }

  @Test
  void aMapEmitsNothingWhereItsResultsAreEqual() {
    RowFunction<String, Integer, String> tens = (key, value) -> value / 10 + " tens";
    Output step = TableOperators.map(tens, guard(ErrorPolicy.fail()), next);
    change(step, null, 20);
    change(step, 20, 29);
    change(step, 29, 30);
    change(step, 30, null);
    assertThat(emitted)
        .containsExactly(
            "0@7 k: null -> 2 tens", "0@7 k: 2 tens -> 3 tens", "0@7 k: 3 tens -> null");
  }

  /** A stale row would be worse than none. */
  @Test
  void aRowThatFailsIsGoneDownstreamUntilItChanges() {
    for (boolean filters : new boolean[] {true, false}) {
      emitted.clear();
      dropped.clear();
      Output step = filters ? even(ErrorPolicy.skip()) : tenth(ErrorPolicy.skip());
      change(step, 10, 13);
      change(step, 13, 20);
      change(step, 20, 13);
      change(step, 13, null);
      change(step, null, 13);
      String ten = filters ? "10" : "1";
      String twenty = filters ? "20" : "2";
      assertThat(emitted)
          .containsExactly(
              "0@7 k: " + ten + " -> null",
              "0@7 k: null -> " + twenty,
              "0@7 k: " + twenty + " -> null");
      assertThat(dropped).hasSize(5).containsOnly("k: 13");
    }
  }

  @Test
  void aNullOfAMapIsAFailureOfTheRow() {
    Output step = tenth(ErrorPolicy.skip());
    change(step, 10, 666);
    assertThat(emitted).containsExactly("0@7 k: 1 -> null");
    assertThat(dropped).containsExactly("k: 666");
    assertThatThrownBy(() -> change(tenth(ErrorPolicy.fail()), 10, 666))
        .hasRootCauseMessage("the function returned null; filter the row out instead");
  }

  /** Else a hiccup would take a row away, or leave one that is taken back never. */
  @Test
  void bothSidesAreRetried() {
    Set<Integer> failed = new HashSet<>();
    RowFunction<String, Integer, Integer> once =
        (key, value) -> {
          if (failed.add(value)) {
            throw new IllegalStateException("for once");
          }
          return value;
        };
    ErrorPolicy policy = ErrorPolicy.skip().retries(1, Duration.ofMillis(1));
    change(TableOperators.map(once, guard(policy), next), 1, 2);
    assertThat(emitted).containsExactly("0@7 k: 1 -> 2");
    assertThat(dropped).isEmpty();
  }

  @Test
  void aReaderOfChangesSeesWhatItAskedFor() {
    Output both = TableOperators.changes(Sides.BOTH, next);
    change(both, null, 1);
    change(both, 1, 2);
    change(both, 2, null);
    Output after = TableOperators.changes(Sides.AFTER, next);
    change(after, Revision.UNREAD, 3);
    change(after, 3, null);
    assertThat(emitted)
        .containsExactly(
            "0@7 Change[kind=INSERT, key=k, value=1]",
            "0@7 Change[kind=UPDATE_BEFORE, key=k, value=1]",
            "0@7 Change[kind=UPDATE_AFTER, key=k, value=2]",
            "0@7 Change[kind=DELETE, key=k, value=2]",
            "0@7 Change[kind=UPDATE_AFTER, key=k, value=3]",
            "0@7 Change[kind=DELETE, key=k, value=3]");
    assertThatThrownBy(() -> change(both, Revision.UNREAD, 3))
        .hasMessageContaining("the row was not read (UPDATE_BEFORE of k)");
  }

  @Test
  void anOldRowIsTakenOutOfItsGroupAndANewOneAdded() {
    Output step = TableOperators.regroup(next);
    change(step, null, 1);
    change(step, 1, 2);
    change(step, 2, null);
    assertThat(emitted).containsExactly("0@7 k: 1", "1@7 k: 1", "0@7 k: 2", "1@7 k: 2");
  }

  /** Otherwise one half could be late, or travel by itself, where the other is not. */
  @Test
  void bothHalvesOfAChangeAreOfTheSameKind() {
    Revision revision = new Revision("k", 10, 20);
    TableOperators.regroup(next).emit(revision, 7, AHEAD);
    TableOperators.changes(Sides.BOTH, next).emit(revision, 7, AHEAD);
    tenth(ErrorPolicy.fail()).emit(revision, 7, AHEAD);
    even(ErrorPolicy.fail()).emit(revision, 7, AHEAD);
    assertThat(emitted)
        .containsExactly(
            (AHEAD | FrameFormat.RETRACTION) + "@7 k: 10",
            AHEAD + "@7 k: 20",
            AHEAD + "@7 Change[kind=UPDATE_BEFORE, key=k, value=10]",
            AHEAD + "@7 Change[kind=UPDATE_AFTER, key=k, value=20]",
            AHEAD + "@7 k: 1 -> 2",
            AHEAD + "@7 k: 10 -> 20");
  }
}
