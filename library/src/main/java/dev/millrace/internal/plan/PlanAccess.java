package dev.millrace.internal.plan;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The access to the plan inside a public job, for those parts of the library that work with it,
 * without making it public.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
public final class PlanAccess {

  private static volatile @Nullable Function<Object, LogicalPlan> plans;

  private PlanAccess() {}

  /** Called once, by the class that has the plans, when it is loaded. */
  public static void grant(Function<Object, LogicalPlan> toPlans) {
    plans = toPlans;
  }

  /** {@return the plan of a job} */
  public static LogicalPlan of(Object job) {
    Function<Object, LogicalPlan> granted = plans;
    if (granted == null) {
      throw new IllegalStateException("No job has been made yet");
    }
    return granted.apply(job);
  }
}
