package dev.millrace.internal.compile;

import dev.millrace.error.ConfigurationException;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.plan.LogicalNode;
import dev.millrace.internal.plan.LogicalPlan;
import dev.millrace.internal.plan.Operation;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.plan.StatelessOperation;
import java.util.List;

/**
 * The compiler of a logical plan into a physical one, pass by pass: check, find out which time each
 * node lives in, cut at the shuffles, and work out how fine watermarks have to be.
 *
 * <p><b>Threads.</b> Stateless.
 */
public final class Compiler {

  private Compiler() {}

  /**
   * {@return the physical plan of a job}
   *
   * @param plan what the program wrote
   * @param errors the policy of operators without one of their own
   * @throws ConfigurationException if the job cannot run as it was written
   */
  public static PhysicalPlan compile(LogicalPlan plan, ErrorPolicy errors) {
    checkHasEnds(plan);
    EventTimes times = EventTimes.of(plan);
    List<StagePlan> stages = new StageCutter(plan, times, errors).cut();
    stages.forEach(StagePlan::compression); // refuses sinks that do not go together
    return new PhysicalPlan(plan.job(), WatermarkNeeds.apply(stages), plan.serdes());
  }

  private static void checkHasEnds(LogicalPlan plan) {
    if (plan.nodes().stream().noneMatch(node -> node.operation() instanceof Operation.OfSource)) {
      throw new ConfigurationException(
          "Cannot compile job '" + plan.job() + "': it has no source. Begin with job.source(...)");
    }
    for (LogicalNode node : plan.nodes()) {
      boolean open = plan.readersOf(node).isEmpty();
      if (open && node.operation() instanceof Operation.KeyBy) {
        throw new ConfigurationException(
            "Cannot compile job '"
                + plan.job()
                + "': a keyBy is not followed by an aggregate. Add one, or drop the keyBy");
      }
    }
    if (plan.nodes().stream()
        .noneMatch(
            node ->
                node.operation() instanceof Operation.Write
                    || node.operation() instanceof StatelessOperation.Peek)) {
      throw new ConfigurationException(
          "Cannot compile job '"
              + plan.job()
              + "': nothing it computes goes anywhere. End a stream with .to(sink)");
    }
  }
}
