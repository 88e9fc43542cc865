package dev.millrace.internal.compile;

import dev.millrace.internal.plan.ShuffleEdge;
import dev.millrace.internal.plan.ShuffleEdge.Granularity;
import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.plan.Step;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The precision that the watermarks of each shuffle need: the greatest common divisor of all window
 * bounds after the shuffle. Watermarks between two multiples of it cannot close anything, so they
 * need not travel by themselves; nor do any to where nothing goes by them.
 */
final class WatermarkNeeds {

  private WatermarkNeeds() {}

  static List<StagePlan> apply(List<StagePlan> stages) {
    Map<String, Granularity> needs = new HashMap<>();
    List<StagePlan> result = new ArrayList<>();
    for (int i = stages.size() - 1; i >= 0; i--) {
      StagePlan stage = stages.get(i);
      List<ShuffleEdge> outputs =
          stage.outputs().stream()
              .map(edge -> edge.withGranularity(needs.getOrDefault(edge.topic(), Granularity.NONE)))
              .toList();
      Granularity need = need(stage, outputs);
      for (StageInput input : stage.inputs()) {
        needs.put(input.topic(), stage.goesByTimeOf(input) ? need : Granularity.NONE);
      }
      result.add(
          0,
          new StagePlan(
              stage.name(),
              stage.inputs(),
              stage.steps(),
              outputs,
              stage.keepsChangelog(),
              stage.parallelism()));
    }
    return result;
  }

  private static Granularity need(StagePlan stage, List<ShuffleEdge> outputs) {
    Granularity need = Granularity.NONE;
    for (Step step : stage.steps()) {
      need = need.and(step.operator().granularity());
    }
    for (ShuffleEdge edge : outputs) {
      need = need.and(edge.granularityMs());
    }
    return need;
  }
}
