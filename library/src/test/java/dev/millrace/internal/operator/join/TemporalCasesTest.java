package dev.millrace.internal.operator.join;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.operator.join.JoinScript.Mode;
import dev.millrace.internal.operator.join.TemporalCases.Case;
import dev.millrace.internal.plan.JoinKind;
import dev.millrace.internal.plan.LookupOperator;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Every case of {@link TemporalCases} for both kinds of join, in whichever way the task runs. */
final class TemporalCasesTest {

  @TempDir Path directory;

  @TestFactory
  Stream<DynamicTest> resultsAreThoseOfTheTable() {
    return CaseTests.each(
        TemporalCases.ALL,
        TemporalCases.KINDS,
        (each, kind) -> {
          for (Mode mode : Mode.values()) {
            check(each, kind, mode, null);
          }
        });
  }

  @TestFactory
  Stream<DynamicTest> resultsAreThoseOfTheTableOnDisk() {
    return CaseTests.eachOnDisk(
        TemporalCases.ALL,
        directory,
        (each, place) -> check(each, JoinKind.LEFT, Mode.AN_ABORT_OF_EACH, place));
  }

  private static void check(Case each, JoinKind kind, Mode mode, @Nullable Path place) {
    ErrorPolicy policy = ErrorPolicy.deadLetter().retries(1, Duration.ZERO);
    try (JoinHarness harness = TemporalCases.harness(TemporalCases.lookup(kind), policy, place)) {
      JoinScript script = new JoinScript(harness, mode, TemporalCases::take);
      script.run(each.steps());
      assertThat(script.found).as("%s", mode).isEqualTo(each.expected(kind));
      assertThat(script.late).as("late, %s", mode).isEqualTo(each.lateOnes());
      assertThat(script.letters).as("letters, %s", mode).isEqualTo(each.letters(kind));
      assertRows(harness, LookupOperator.AsOfEventTime.STREAM, 0, mode);
      assertRows(harness, LookupOperator.AsOfEventTime.EXPIRIES, 0, mode);
      assertRows(harness, LookupOperator.AsOfEventTime.VERSIONS, each.rows(), mode);
      assertRows(harness, LookupOperator.AsOfEventTime.HEADS, each.rows(), mode);
    }
  }

  private static void assertRows(JoinHarness harness, String store, int rows, Mode mode) {
    assertThat(harness.rows(store)).as("rows in %s, %s", store, mode).isEqualTo(rows);
  }
}
