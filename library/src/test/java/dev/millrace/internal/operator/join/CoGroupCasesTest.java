package dev.millrace.internal.operator.join;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.operator.join.CoGroupCases.Case;
import dev.millrace.internal.operator.join.JoinScript.Mode;
import dev.millrace.internal.plan.JoinKind;
import dev.millrace.internal.plan.TwoStreams;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Every case of {@link CoGroupCases}, in whichever way the task runs. */
final class CoGroupCasesTest {

  @TempDir Path directory;

  @TestFactory
  Stream<DynamicTest> groupsAreThoseOfTheTable() {
    return CaseTests.each(
        CoGroupCases.GROUPS,
        each -> check(each, CoGroupCases.group(each.window()), each.results()));
  }

  @TestFactory
  Stream<DynamicTest> pairsOfSessionsAreThoseOfTheTable() {
    return CaseTests.each(
        CoGroupCases.JOINS,
        List.of(JoinKind.values()),
        (each, kind) ->
            check(each, JoinCases.join(kind, CoGroupCases.bySessions()), each.results(kind)));
  }

  private static void check(Case each, TwoStreams streams, List<String> expected) {
    for (Mode mode : Mode.values()) {
      check(each, streams, expected, mode, null);
    }
  }

  @TestFactory
  Stream<DynamicTest> groupsAreThoseOfTheTableOnDisk() {
    List<Case> notTumbling =
        CoGroupCases.GROUPS.stream()
            .filter(each -> each.window() != CoGroupCases.TUMBLING)
            .toList();
    return CaseTests.eachOnDisk(
        notTumbling,
        directory,
        (each, place) -> {
          TwoStreams group = CoGroupCases.group(each.window());
          check(each, group, each.results(), Mode.A_COMMIT_AFTER_EACH, place);
        });
  }

  private static void check(
      Case each, TwoStreams streams, List<String> expected, Mode mode, @Nullable Path place) {
    try (JoinHarness harness = CoGroupCases.harness(streams, ErrorPolicy.fail(), place)) {
      JoinScript script = new JoinScript(harness, mode, JoinCases::take);
      script.run(each.steps());
      assertThat(script.found).as("%s", mode).isEqualTo(expected);
      assertThat(script.late).as("late, %s", mode).isEqualTo(each.lateOnes());
      assertThat(harness.rows()).as("rows that are left, %s", mode).isZero();
    }
  }
}
