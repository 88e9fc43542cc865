package dev.millrace;

import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.PlanPrinter;

/**
 * How a job will run: its stages, topics and stores.
 *
 * <p><b>Threads.</b> Immutable.
 */
public final class JobPlan {

  private final PhysicalPlan plan;

  JobPlan(PhysicalPlan plan) {
    this.plan = plan;
  }

  /** {@return the plan for people} */
  public String toText() {
    return PlanPrinter.text(plan);
  }

  /** {@return the plan for programs} */
  public String toJson() {
    return PlanPrinter.json(plan);
  }

  /** {@return the plan as a Mermaid flowchart} */
  public String toMermaid() {
    return PlanPrinter.mermaid(plan);
  }

  @Override
  public String toString() {
    return toText();
  }
}
