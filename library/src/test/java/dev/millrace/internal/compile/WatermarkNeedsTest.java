package dev.millrace.internal.compile;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Job;
import dev.millrace.connector.ConsoleSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.plan.EveryOperator;
import dev.millrace.internal.plan.PlanAccess;
import dev.millrace.internal.plan.ShuffleEdge;
import dev.millrace.internal.plan.ShuffleEdge.Granularity;
import dev.millrace.internal.plan.StageOperator;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.plan.Step;
import dev.millrace.time.Watermarks;
import dev.millrace.window.Windows;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The watermarks that travel, which have to be all that something after them waits for. */
final class WatermarkNeedsTest {

  private static final Granularity NONE = Granularity.NONE;

  /** Operators that wait for none, and those of a window of a second and of timers. */
  private static final Map<String, Granularity> OF_KIND =
      Map.ofEntries(
          entry("StageAggregate", NONE),
          entry("StageWindowAggregate", Granularity.ofEvents(1_000)),
          entry("StageKeyedProcess", Granularity.ofEvents(1)),
          entry("StageStreamJoin", Granularity.ofEvents(1)),
          entry("StageCoGroup", Granularity.ofEvents(1_000)),
          entry("StageTableJoin", NONE),
          entry("StagePatternMatch", Granularity.ofEvents(1)),
          entry("ForeignKeyJoin$Left", NONE),
          entry("ForeignKeyJoin$Right", NONE),
          entry("ForeignKeyJoin$Result", NONE),
          entry("LookupOperator$AsOfEventTime", Granularity.ofEvents(1)),
          entry("LookupOperator$AsOfNow", NONE));

  @Test
  void theShuffleBeforeAnOperatorCarriesWhatItNeeds() {
    Map<String, Granularity> found = new HashMap<>();
    List<StagePlan> stages = EveryOperator.physical().stages();
    for (StagePlan stage : stages) {
      for (Step step : stage.steps()) {
        if (step.operator() instanceof StageOperator.Keyed && !stage.isSource()) {
          found.put(EveryOperator.kind(step.operator()), into(stage, stages).granularityMs());
        }
      }
    }
    assertThat(found).isEqualTo(OF_KIND);
    assertThat(found.keySet()).isEqualTo(EveryOperator.kinds(StageOperator.Keyed.class));
  }

  @Test
  void aShuffleCarriesWhatLaterStagesNeed() {
    Job job = Job.named("job");
    job.source(KafkaSource.strings("in").watermarks(Watermarks.monotonous()))
        .rebalance()
        .keyBy(word -> word)
        .window(Windows.tumbling(Duration.ofSeconds(6)))
        .count()
        .keyBy(result -> result.value())
        .window(Windows.sliding(Duration.ofSeconds(8), Duration.ofSeconds(4)))
        .count()
        .to(ConsoleSink.lines());
    List<StagePlan> stages = Compiler.compile(PlanAccess.of(job), ErrorPolicy.fail()).stages();
    assertThat(stages.stream().flatMap(stage -> stage.outputs().stream()))
        .extracting(ShuffleEdge::granularityMs)
        .containsExactly(
            Granularity.ofEvents(2_000), Granularity.ofEvents(2_000), Granularity.ofEvents(4_000));
  }

  @Test
  void eachTimeHasItsOwnPrecision() {
    Granularity both = Granularity.ofEvents(6_000).and(Granularity.ofClock(10));
    assertThat(both).isEqualTo(new Granularity(6_000, 10));
    assertThat(both.and(Granularity.ofEvents(4_000))).isEqualTo(new Granularity(2_000, 10));
    assertThat(both.and(NONE)).isEqualTo(both);
    assertThat(NONE.and(both)).isEqualTo(both);
  }

  private static ShuffleEdge into(StagePlan stage, List<StagePlan> stages) {
    return stages.stream()
        .flatMap(from -> from.outputs().stream())
        .filter(edge -> edge.to().equals(stage.name()))
        .findFirst()
        .orElseThrow();
  }
}
