package dev.millrace.internal.operator.join;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.operator.join.JoinCases.Case;
import dev.millrace.internal.operator.join.JoinScript.Mode;
import dev.millrace.internal.plan.JoinKind;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Every case of {@link JoinCases} for every kind of join, in whichever way the task runs. */
final class JoinCasesTest {

  @TempDir Path directory;

  @TestFactory
  Stream<DynamicTest> resultsAreThoseOfTheTable() {
    return CaseTests.each(
        JoinCases.ALL,
        List.of(JoinKind.values()),
        (each, kind) -> {
          for (Mode mode : Mode.values()) {
            check(each, kind, mode, ErrorPolicy.deadLetter(), null);
            check(each, kind, mode, ErrorPolicy.skip(), null);
          }
        });
  }

  @TestFactory
  Stream<DynamicTest> resultsAreThoseOfTheTableOnDisk() {
    return CaseTests.eachOnDisk(
        JoinCases.ALL,
        directory,
        (each, place) ->
            check(each, JoinKind.OUTER, Mode.A_COMMIT_AFTER_EACH, ErrorPolicy.deadLetter(), place));
  }

  /** The first failure that the policy does not drop ends the job; what was before it is right. */
  @TestFactory
  Stream<DynamicTest> resultsBeforeAFailureAreThoseOfTheTable() {
    List<Case> failing =
        JoinCases.ALL.stream().filter(each -> !each.letters(JoinKind.OUTER).isEmpty()).toList();
    return CaseTests.each(
        failing,
        each -> {
          try (JoinHarness harness = harness(each, JoinKind.OUTER, ErrorPolicy.fail(), null)) {
            JoinScript script = new JoinScript(harness, Mode.A_COMMIT_AFTER_EACH, JoinCases::take);
            assertThatThrownBy(() -> script.run(each.steps())).hasMessage("the job stops");
            List<String> expected = each.expected(JoinKind.OUTER);
            assertThat(script.found)
                .hasSizeLessThan(expected.size())
                .isEqualTo(expected.subList(0, script.found.size()));
          }
        });
  }

  private static JoinHarness harness(
      Case each, JoinKind kind, ErrorPolicy policy, @Nullable Path place) {
    return new JoinHarness(each.join(kind), policy.retries(1, Duration.ZERO), place);
  }

  private static void check(
      Case each, JoinKind kind, Mode mode, ErrorPolicy policy, @Nullable Path place) {
    try (JoinHarness harness = harness(each, kind, policy, place)) {
      JoinScript script = new JoinScript(harness, mode, JoinCases::take);
      script.run(each.steps());
      assertThat(script.found).as("%s", mode).isEqualTo(each.expected(kind));
      assertThat(script.late).as("late, %s", mode).isEqualTo(each.lateOnes());
      assertThat(script.letters)
          .extracting(letter -> text((PairLetter) letter))
          .as("letters, %s", mode)
          .isEqualTo(each.letters(kind));
      assertThat(harness.rows()).as("rows that are left, %s", mode).isZero();
    }
  }

  private static String text(PairLetter letter) {
    return new FailingPairs("-").text(Arrays.asList(letter.left(), letter.right()));
  }
}
