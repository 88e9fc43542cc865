package dev.millrace.internal.compile;

import dev.millrace.internal.plan.ShuffleEdge;
import dev.millrace.internal.plan.ShuffleEdge.Granularity;
import dev.millrace.internal.plan.StageOperator;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.plan.Step;
import dev.millrace.internal.window.Slicing;
import dev.millrace.internal.window.WindowKind;
import dev.millrace.time.TimeDomain;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The precision that the watermarks of each shuffle need: the greatest common divisor of all window
 * bounds after the shuffle. Watermarks between two multiples of it cannot close anything, so they
 * need not travel by themselves.
 */
final class WatermarkNeeds {

  private static final long NEVER = Long.MAX_VALUE;

  private WatermarkNeeds() {}

  static List<StagePlan> apply(List<StagePlan> stages) {
    Map<String, Granularity> needs = new HashMap<>();
    List<StagePlan> result = new ArrayList<>();
    for (int i = stages.size() - 1; i >= 0; i--) {
      StagePlan stage = stages.get(i);
      List<ShuffleEdge> outputs =
          stage.outputs().stream()
              .map(edge -> edge.withGranularity(needs.getOrDefault(edge.to(), Granularity.NONE)))
              .toList();
      needs.put(stage.name(), need(stage, outputs));
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
    long event = NEVER;
    long processing = NEVER;
    for (Step step : stage.steps()) {
      if (step.operator() instanceof StageOperator.KeyedProcess) {
        event = common(event, 1); // A timer may be set for any millisecond.
      }
      if (step.operator() instanceof StageOperator.WindowAggregate window) {
        long bounds = bounds(window.window());
        if (window.domain() == TimeDomain.EVENT) {
          event = common(event, bounds);
        } else {
          processing = common(processing, bounds);
        }
      }
    }
    for (ShuffleEdge edge : outputs) {
      event = common(event, edge.granularityMs().eventMs());
      processing = common(processing, edge.granularityMs().processingMs());
    }
    return new Granularity(event, processing);
  }

  private static long bounds(WindowKind window) {
    return Slicing.of(window).map(Slicing::granularityMs).orElse(1L);
  }

  private static long common(long a, long b) {
    if (a == NEVER) {
      return b;
    }
    if (b == NEVER) {
      return a;
    }
    return b == 0 ? a : common(b, a % b);
  }
}
