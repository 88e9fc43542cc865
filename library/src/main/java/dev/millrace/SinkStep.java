package dev.millrace;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.plan.PlanBuilder;
import dev.millrace.internal.util.Arguments;

/**
 * The step that writes a stream to a sink, for naming it and for its error policy.
 *
 * <p><b>Threads.</b> Confined to the thread that builds the job.
 */
public final class SinkStep {

  private final PlanBuilder plan;
  private final int id;

  SinkStep(PlanBuilder plan, int id) {
    this.plan = plan;
    this.id = id;
  }

  /** Names the sink, in metrics, file names and dead letters. */
  public SinkStep name(String name) {
    Job.checkName("sink", name);
    plan.change(id, node -> node.named(name));
    return this;
  }

  /** Sets the error policy for records that cannot be written. */
  public SinkStep onError(ErrorPolicy policy) {
    Arguments.given("Cannot set an error policy", "policy", policy);
    plan.change(id, node -> node.guarded(policy));
    return this;
  }
}
