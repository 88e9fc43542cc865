package dev.millrace.internal.task;

import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.Output;
import dev.millrace.internal.operator.SinkOutput;
import dev.millrace.internal.operator.async.AsyncMap;
import dev.millrace.internal.plan.Step;
import dev.millrace.internal.plan.Target;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The place of a step in a task's chain: what its operator is made from, besides its plan.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 *
 * @param parts the parts of the task
 * @param step the step
 * @param guard carries out the step's error policy
 * @param next the output for the step's results
 * @param outputs finds the output for other targets
 * @param roles takes those operators that have a part in more than the flow of records
 */
record StepSite(
    TaskChain.Parts parts,
    Step step,
    Guard guard,
    Output next,
    Function<List<Target>, Output> outputs,
    Roles roles) {

  /**
   * The operators of a chain that it has to ask, inform or close.
   *
   * @param calls takes one that calls other systems
   * @param sinks takes one with output of its own to commit
   * @param topics takes one with serializers to close
   */
  record Roles(
      Consumer<AsyncMap> calls, Consumer<SinkOutput> sinks, Consumer<KafkaOutput> topics) {}

  /** {@return the output of a side output's tag; {@link Output#NONE} if nobody reads it} */
  Output side(String tag) {
    return outputs.apply(step.sideTargets().getOrDefault(tag, List.of()));
  }

  /** {@return the outputs for several lists of targets} */
  List<Output> outputs(List<List<Target>> targets) {
    return targets.stream().map(outputs).toList();
  }
}
