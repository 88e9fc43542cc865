package dev.millrace.internal.plan;

import java.util.List;

/**
 * A job as it runs: stages with shuffles between them.
 *
 * @param job the job's name
 * @param stages the stages, each behind all those it reads from
 */
public record PhysicalPlan(String job, List<StagePlan> stages) {

  /** Copies the list. */
  public PhysicalPlan {
    stages = List.copyOf(stages);
  }

  /** {@return the stage of that name} */
  public StagePlan stage(String name) {
    return stages.stream()
        .filter(stage -> stage.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("No stage is called " + name));
  }

  /** {@return the topic with the job's identity, manifest and schemas} */
  public String metaTopic() {
    return job + ".meta";
  }

  /** {@return the topic with the instances' reports} */
  public String statusTopic() {
    return job + ".status";
  }

  /** {@return the consumer group of a stage} */
  public String group(StagePlan stage) {
    return job + "." + stage.name();
  }

  /** {@return the changelog of a stage} */
  public String changelog(StagePlan stage) {
    return job + "." + stage.name() + ".changelog";
  }
}
