package dev.millrace.internal.operator.join;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.operator.join.JoinCases.Case;
import dev.millrace.internal.plan.JoinKind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Every case of {@link JoinCases} for every kind of join, in whichever way the task runs. */
final class JoinCasesTest {

  private static final List<Boolean> ROOM_FOR_ONE_ROW = List.of(true, true, false);

  @TempDir Path directory;

  /** What happens around each step. */
  private enum Mode {
    ONE_TRANSACTION,
    A_COMMIT_AFTER_EACH,
    AN_ABORT_OF_EACH,
    ROOM_FOR_ONE_ROW_PER_COMMIT
  }

  @TestFactory
  Stream<DynamicTest> resultsAreThoseOfTheTable() {
    return JoinCases.ALL.stream()
        .flatMap(
            each ->
                Arrays.stream(JoinKind.values())
                    .map(
                        kind ->
                            DynamicTest.dynamicTest(
                                each + ", " + kind.verb(),
                                () -> {
                                  for (Mode mode : Mode.values()) {
                                    check(each, kind, mode, null);
                                  }
                                })));
  }

  @TestFactory
  Stream<DynamicTest> resultsAreThoseOfTheTableOnDisk() {
    return JoinCases.ALL.stream()
        .map(
            each ->
                DynamicTest.dynamicTest(
                    each.name(),
                    () -> {
                      Path place = directory.resolve("" + JoinCases.ALL.indexOf(each));
                      check(each, JoinKind.OUTER, Mode.A_COMMIT_AFTER_EACH, place);
                    }));
  }

  private static void check(Case each, JoinKind kind, Mode mode, @Nullable Path place) {
    List<String> found = new ArrayList<>();
    List<String> late = new ArrayList<>();
    try (JoinHarness harness = new JoinHarness(each.join(kind), ErrorPolicy.fail(), place)) {
      List<String> steps = new ArrayList<>(each.steps());
      steps.add("W end");
      for (String step : steps) {
        if (step.startsWith("W ")) {
          found.add(step.equals("W end") ? "end" : step);
        }
        run(harness, step, mode, found, late);
      }
      assertThat(harness.rows()).as("rows that are left, %s", mode).isZero();
    }
    assertThat(found).as("%s", mode).isEqualTo(each.expected(kind));
    assertThat(late).as("late, %s", mode).isEqualTo(each.lateOnes());
  }

  private static void run(
      JoinHarness harness, String step, Mode mode, List<String> found, List<String> late) {
    if (mode == Mode.AN_ABORT_OF_EACH) {
      step(harness, step);
      harness.results.clear();
      harness.late.clear();
      harness.abort();
    }
    boolean complete;
    do {
      if (mode == Mode.ROOM_FOR_ONE_ROW_PER_COMMIT) {
        harness.room.clear();
        harness.room.addAll(ROOM_FOR_ONE_ROW);
      }
      complete = step(harness, step);
      found.addAll(harness.results);
      late.addAll(harness.late);
      harness.results.clear();
      harness.late.clear();
      if (mode != Mode.ONE_TRANSACTION) {
        harness.commit();
      }
    } while (!complete);
    harness.room.clear();
  }

  private static boolean step(JoinHarness harness, String step) {
    String[] parts = step.split(" ");
    if (parts[0].equals("W")) {
      return harness.watermark(parts[1].equals("end") ? Long.MAX_VALUE : Long.parseLong(parts[1]));
    }
    int input = parts[0].charAt(0) == 'L' ? 0 : 1;
    int kind = parts[0].endsWith("!") ? FrameFormat.TOO_FAR_AHEAD : FrameFormat.RECORD;
    String record = parts[1].contains("/") ? parts[1] : "k/" + parts[1];
    String key = record.substring(0, record.indexOf('/'));
    String value = record.substring(record.indexOf('/') + 1, record.indexOf('@'));
    long time = Long.parseLong(record.substring(record.indexOf('@') + 1));
    harness.record(input, key, time, value, kind);
    return true;
  }
}
