package dev.millrace.internal.operator.window;

import dev.millrace.internal.operator.KeyedOperator;
import dev.millrace.internal.operator.OperatorContext;
import dev.millrace.internal.plan.StageWindowAggregate;
import dev.millrace.internal.window.Slicing;
import dev.millrace.internal.window.WindowKind;

/** The choice of the operator for a kind of window. */
public final class WindowOperators {

  private WindowOperators() {}

  /** {@return the operator of one task} */
  public static KeyedOperator of(StageWindowAggregate plan, OperatorContext context) {
    if (plan.window() instanceof WindowKind.Session session) {
      return new SessionAggregate(plan, session, context);
    }
    if (plan.window() instanceof WindowKind.Global global) {
      return new GlobalAggregate(plan, global, context);
    }
    Slicing slicing = Slicing.of(plan.window()).orElseThrow();
    if (plan.rules().changes()) {
      return new RevisedAggregate(plan, slicing, context);
    }
    return slicing.overlaps()
        ? new SlidingAggregate(plan, slicing, context, context.cacheBytes())
        : new DisjointAggregate(plan, slicing, context);
  }
}
