package dev.millrace;

import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.PlanPrinter;
import dev.millrace.internal.plan.StagePlan;
import java.util.List;
import java.util.SortedSet;

/**
 * The plan of how a job will run: its stages, topics and stores.
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

  /** {@return the names of the stages, each after all those it reads from} */
  public List<String> stages() {
    return plan.stages().stream().map(StagePlan::name).toList();
  }

  /**
   * {@return the topics that have to exist before the job starts: those it reads and writes, except
   * where the program chooses a topic for each record}
   */
  public SortedSet<String> userTopics() {
    return plan.userTopics();
  }

  @Override
  public String toString() {
    return toText();
  }
}
