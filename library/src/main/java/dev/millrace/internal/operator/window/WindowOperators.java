package dev.millrace.internal.operator.window;

import dev.millrace.internal.operator.KeyedOperator;
import dev.millrace.internal.operator.OperatorContext;
import dev.millrace.internal.plan.StageOperator;
import dev.millrace.window.WindowSpec;

/** Makes the operator that a kind of window asks for. */
public final class WindowOperators {

  private WindowOperators() {}

  /** {@return the operator of one task} */
  public static KeyedOperator of(StageOperator.WindowAggregate plan, OperatorContext context) {
    WindowSpec.Tumbling spec = (WindowSpec.Tumbling) plan.window();
    return new TumblingAggregate(
        new TumblingPolicy(spec.sizeMs(), spec.offsetMs()),
        plan.domain(),
        plan.fold().function(),
        context.rows(""),
        context.keys(),
        context.guard(),
        context.next(),
        context.late(),
        context.room(),
        context.firedUpTo(plan.domain()));
  }
}
