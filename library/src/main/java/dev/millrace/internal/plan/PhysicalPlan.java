package dev.millrace.internal.plan;

import dev.millrace.internal.spec.SerdeSpec;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A job as it runs: stages with shuffles between them.
 *
 * @param job the job's name
 * @param stages the stages, each after all those it reads from
 * @param serdes the serdes of types, at most one for each
 */
public record PhysicalPlan(String job, List<StagePlan> stages, List<SerdeSpec> serdes) {

  /** Copies the lists. */
  public PhysicalPlan {
    stages = List.copyOf(stages);
    serdes = List.copyOf(serdes);
  }

  /** {@return the types that have serdes} */
  public Set<Type> serdeTypes() {
    return serdes.stream().map(SerdeSpec::type).collect(Collectors.toSet());
  }

  /** {@return the stage of that name} */
  public StagePlan stage(String name) {
    return stages.stream()
        .filter(stage -> stage.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("No stage is called " + name));
  }

  /** {@return the same, in which these stages keep changelogs too} */
  public PhysicalPlan withChangelogs(Set<String> keepers) {
    return new PhysicalPlan(
        job,
        stages.stream()
            .map(stage -> keepers.contains(stage.name()) ? stage.withChangelog() : stage)
            .toList(),
        serdes);
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

  /** {@return the tables that every instance has whole} */
  public List<Broadcast> broadcasts() {
    return stages.stream().flatMap(stage -> stage.lookedUp().stream()).distinct().toList();
  }

  /** {@return the stage that writes the rows of a table which every instance has whole} */
  public StagePlan writerOf(Broadcast table) {
    return stages.stream()
        .filter(stage -> stage.broadcasts().contains(table))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("No stage writes " + table.name()));
  }

  /** {@return the user's topics that tables are read from which every instance has whole} */
  public SortedSet<String> broadcastTopics() {
    SortedSet<String> topics = new TreeSet<>();
    broadcasts().stream()
        .filter(table -> table.ofUser().isPresent())
        .forEach(table -> topics.add(table.topic()));
    return topics;
  }

  /** {@return the user's topics that the job reads and writes, as far as the program fixes them} */
  public SortedSet<String> userTopics() {
    SortedSet<String> topics = broadcastTopics();
    for (StagePlan stage : stages) {
      for (StageInput input : stage.inputs()) {
        if (input instanceof StageInput.Kafka) {
          topics.add(input.topic());
        }
      }
      topics.addAll(
          stage.kafkaSinks().stream().flatMap(sink -> sink.fixedTopic().stream()).toList());
    }
    return topics;
  }
}
