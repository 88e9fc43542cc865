package dev.millrace.internal.stage;

import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.plan.Step;
import dev.millrace.internal.plan.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The numbers of records that passed from one operator of a stage to the next: a counter for each
 * list of places that an operator or an input hands its records to. What an operator takes and what
 * it emits are sums over these, so that each record is counted once on its way between two.
 *
 * <p><b>Threads.</b> Counters are asked for and written by one thread, and readable by any.
 */
public final class OperatorFlows {

  private static final int INPUT = -1;

  /**
   * A way of records.
   *
   * @param from the step that they come from, or {@link #INPUT}
   */
  private record Way(int from, List<Target> to) {}

  /**
   * The records of one operator.
   *
   * @param operator its name
   * @param in how many it took; one that comes in twice, as in a join with itself, counts twice
   * @param out how many it emitted; 0 for one that hands nothing on
   * @param emits whether it hands anything on
   */
  public record Flow(String operator, long in, long out, boolean emits) {}

  private final Map<Way, Counter> ways = new ConcurrentHashMap<>();

  /** {@return the counter of what an input hands to the places that read it} */
  public Counter ofInput(List<Target> to) {
    return counter(new Way(INPUT, to));
  }

  /** {@return the counter of what a step hands to some of its targets} */
  public Counter ofStep(int from, List<Target> to) {
    return counter(new Way(from, to));
  }

  private Counter counter(Way way) {
    return ways.computeIfAbsent(way, absent -> new Counter());
  }

  /**
   * {@return the records of each operator of the stage, as of a moment ago, in the plan's order}
   */
  public List<Flow> read(StagePlan stage) {
    List<Step> steps = stage.steps();
    long[] in = new long[steps.size()];
    long[] out = new long[steps.size()];
    ways.forEach(
        (way, counter) -> {
          long passed = counter.count();
          if (way.from() != INPUT) {
            out[way.from()] += passed;
          }
          for (Target target : way.to()) {
            int step = step(target);
            if (step >= 0) {
              in[step] += passed;
            }
          }
        });
    List<Flow> flows = new ArrayList<>(steps.size());
    for (int i = 0; i < steps.size(); i++) {
      List<Target> targets = new ArrayList<>();
      steps.get(i).forEachTarget(targets::add);
      flows.add(new Flow(steps.get(i).name(), in[i], out[i], !targets.isEmpty()));
    }
    return flows;
  }

  /** {@return the step that a place is; -1 if it is none of this stage} */
  private static int step(Target target) {
    if (target instanceof Target.ToStep step) {
      return step.index();
    }
    return target instanceof Target.ToKeyedStep keyed ? keyed.step().index() : -1;
  }
}
