package dev.millrace.internal.operator.join;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.operator.join.JoinCases.Case;
import dev.millrace.internal.plan.JoinKind;
import java.nio.file.Path;
import java.time.Duration;
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
                                    check(each, kind, mode, ErrorPolicy.deadLetter(), null);
                                    check(each, kind, mode, ErrorPolicy.skip(), null);
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
                      check(
                          each,
                          JoinKind.OUTER,
                          Mode.A_COMMIT_AFTER_EACH,
                          ErrorPolicy.deadLetter(),
                          place);
                    }));
  }

  /** The first failure that the policy does not drop ends the job; what was before it is right. */
  @TestFactory
  Stream<DynamicTest> resultsBeforeAFailureAreThoseOfTheTable() {
    return JoinCases.ALL.stream()
        .filter(each -> !each.letters(JoinKind.OUTER).isEmpty())
        .map(
            each ->
                DynamicTest.dynamicTest(
                    each.name(),
                    () -> {
                      Found found = new Found();
                      Mode mode = Mode.A_COMMIT_AFTER_EACH;
                      assertThatThrownBy(
                              () ->
                                  play(each, JoinKind.OUTER, mode, ErrorPolicy.fail(), null, found))
                          .hasMessage("the job stops");
                      List<String> expected = each.expected(JoinKind.OUTER);
                      assertThat(found.results)
                          .hasSizeLessThan(expected.size())
                          .isEqualTo(expected.subList(0, found.results.size()));
                    }));
  }

  /** What came out. */
  private static final class Found {
    final List<String> results = new ArrayList<>();
    final List<String> late = new ArrayList<>();
    final List<String> letters = new ArrayList<>();
  }

  private static void check(
      Case each, JoinKind kind, Mode mode, ErrorPolicy policy, @Nullable Path place) {
    Found found = new Found();
    play(each, kind, mode, policy, place, found);
    assertThat(found.results).as("%s", mode).isEqualTo(each.expected(kind));
    assertThat(found.late).as("late, %s", mode).isEqualTo(each.lateOnes());
    assertThat(found.letters).as("letters, %s", mode).isEqualTo(each.letters(kind));
  }

  private static void play(
      Case each, JoinKind kind, Mode mode, ErrorPolicy policy, @Nullable Path place, Found found) {
    try (JoinHarness harness =
        new JoinHarness(each.join(kind), policy.retries(1, Duration.ZERO), place)) {
      List<String> steps = new ArrayList<>(each.steps());
      steps.add("W end");
      for (String step : steps) {
        if (step.startsWith("W ")) {
          found.results.add(step.equals("W end") ? "end" : step);
        }
        run(harness, step, mode, found);
      }
      assertThat(harness.rows()).as("rows that are left, %s", mode).isZero();
    }
  }

  private static String text(PairLetter letter) {
    return new FailingPairs("-").text(Arrays.asList(letter.left(), letter.right()));
  }

  private static void run(JoinHarness harness, String step, Mode mode, Found found) {
    if (mode == Mode.AN_ABORT_OF_EACH) {
      step(harness, step);
      harness.results.clear();
      harness.late.clear();
      harness.letters.clear();
      harness.abort();
    }
    boolean complete;
    do {
      if (mode == Mode.ROOM_FOR_ONE_ROW_PER_COMMIT) {
        harness.room.clear();
        harness.room.addAll(ROOM_FOR_ONE_ROW);
      }
      complete = step(harness, step);
      found.results.addAll(harness.results);
      found.late.addAll(harness.late);
      harness.letters.forEach(letter -> found.letters.add(text((PairLetter) letter)));
      harness.results.clear();
      harness.late.clear();
      harness.letters.clear();
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
