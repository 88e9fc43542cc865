package dev.millrace.internal.deploy;

import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.plan.StagePlan;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.ToIntFunction;

/**
 * The number of tasks of each stage, which is also the number of partitions of its inputs.
 *
 * <p>A stage that reads a user's topic has that topic's count. For one that reads a shuffle it is
 * what the program asks for; without that, what is deployed; for a new stage, the largest count
 * among the stages that feed it, at least four: partitions limit how far the job can ever spread.
 */
final class Sizes {

  private static final int FEWEST = 4;

  private Sizes() {}

  /**
   * {@return the number of tasks by stage}
   *
   * @param userPartitions the partition counts of user topics
   * @param deployed the tasks of stages for which the program does not set a number
   */
  static Map<String, Integer> tasks(
      PhysicalPlan plan, ToIntFunction<String> userPartitions, Map<String, Integer> deployed) {
    Map<String, Integer> tasks = new LinkedHashMap<>();
    for (StagePlan stage : plan.stages()) {
      StageInput first = stage.inputs().get(0);
      if (first instanceof StageInput.Kafka kafka) {
        tasks.put(
            stage.name(),
            deployed.getOrDefault(stage.name(), userPartitions.applyAsInt(kafka.topic())));
      } else if (first instanceof StageInput.Splits) {
        tasks.put(stage.name(), stage.parallelism().orElse(FEWEST));
      } else {
        int largest =
            stage.inputs().stream()
                .mapToInt(
                    input -> tasks.getOrDefault(((StageInput.Shuffled) input).edge().from(), 0))
                .max()
                .orElse(FEWEST);
        int open = deployed.getOrDefault(stage.name(), Math.max(FEWEST, largest));
        tasks.put(stage.name(), stage.parallelism().orElse(open));
      }
    }
    return tasks;
  }
}
