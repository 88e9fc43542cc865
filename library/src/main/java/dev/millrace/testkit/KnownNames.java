package dev.millrace.testkit;

import dev.millrace.config.NearestName;
import dev.millrace.error.ConfigurationException;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.StageOperator;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.plan.Step;
import java.util.Collection;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The names that a job has: a test that misspells one has to fail, rather than to find that there
 * is nothing.
 *
 * <p><b>Threads.</b> Immutable, but for the cluster.
 */
final class KnownNames {

  private final PhysicalPlan plan;
  private final TestCluster cluster;
  private final String errorsTopic;

  KnownNames(PhysicalPlan plan, TestCluster cluster, String errorsTopic) {
    this.plan = plan;
    this.cluster = cluster;
    this.errorsTopic = errorsTopic;
  }

  /** Throws unless the job reads or writes the topic. */
  void checkTopic(String topic) {
    SortedSet<String> known = plan.userTopics();
    known.add(errorsTopic);
    if (!known.contains(topic)
        && cluster.partitions(topic).isEmpty()
        && !choosesTopicsPerRecord()) {
      throw unknown("use topic", topic, "neither reads nor writes it. Its topics are", known);
    }
  }

  /** Throws if all results of the job go into topics. */
  void checkWritesElsewhere() {
    if (steps().stream().noneMatch(step -> step.operator() instanceof StageOperator.WriteOut)) {
      throw new ConfigurationException(
          "Cannot look for values beside topics: job '"
              + plan.job()
              + "' writes into topics only. Name the topic, as in output(\"counts\", Count.class)");
    }
  }

  private boolean choosesTopicsPerRecord() {
    return plan.stages().stream()
        .flatMap(stage -> stage.kafkaSinks().stream())
        .anyMatch(sink -> sink.fixedTopic().isEmpty());
  }

  /** Throws unless the job has the stage. */
  void checkStage(String stage) {
    List<String> known = plan.stages().stream().map(StagePlan::name).toList();
    if (!known.contains(stage)) {
      throw unknown("look at stage", stage, "has no such stage. Its stages are", known);
    }
  }

  /** Throws unless the job has a step of that name which keeps state. */
  void checkKeepsState(String step) {
    List<String> known =
        steps().stream().filter(each -> each.operator().keepsState()).map(Step::name).toList();
    if (!known.contains(step)) {
      boolean stateless = steps().stream().anyMatch(each -> each.name().equals(step));
      throw unknown(
          "count the rows of step",
          step,
          stateless
              ? "keeps no state there. The steps with state are"
              : "has no such step. The steps with state are",
          known);
    }
  }

  private List<Step> steps() {
    return plan.stages().stream().flatMap(stage -> stage.steps().stream()).toList();
  }

  private ConfigurationException unknown(
      String verb, String name, String reason, Collection<String> known) {
    return new ConfigurationException(
        "Cannot "
            + verb
            + " '"
            + name
            + "': job '"
            + plan.job()
            + "' "
            + reason
            + " "
            + new TreeSet<>(known)
            + NearestName.of(name, known)
                .map(nearest -> ". Did you mean '" + nearest + "'?")
                .orElse(""));
  }
}
