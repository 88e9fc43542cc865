package dev.millrace.internal.task;

import static dev.millrace.internal.plan.EveryOperator.kinds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.plan.EveryOperator;
import dev.millrace.internal.plan.StageOperator;
import dev.millrace.testkit.JobTest;
import dev.millrace.testkit.TestRecord;
import dev.millrace.testkit.TestTopic;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The catalogue of operators, beside the kinds that there are. */
final class OperatorCatalogTest {

  @Test
  void operatorsOfEveryKindAreListed() {
    assertThat(names(OperatorCatalog.keyedKinds())).isEqualTo(kinds(StageOperator.Keyed.class));
    Set<String> others = new HashSet<>(kinds(StageOperator.class));
    others.removeAll(kinds(StageOperator.Keyed.class));
    assertThat(names(OperatorCatalog.otherKinds())).isEqualTo(others);
  }

  @Test
  void operatorsOfEveryKindPassResultsOn() {
    EveryOperator every = new EveryOperator();
    try (JobTest test = JobTest.of(every.job())) {
      TestTopic<String> in = test.topic("in", String.class).partitions(1);
      in.send(TestRecord.of("a").key("A")).send(TestRecord.of("bc").key("BC"));
      test.endInput();
      every
          .results()
          .forEach(
              (topic, results) ->
                  assertThat(test.output(topic, String.class))
                      .as(topic)
                      .containsExactlyInAnyOrderElementsOf(results));
      assertThat(every.collected().values()).containsExactly("a", "bc");
    }
  }

  private static Set<String> names(Set<Class<?>> kinds) {
    return kinds.stream().map(EveryOperator::name).collect(Collectors.toCollection(TreeSet::new));
  }
}
