package dev.millrace.internal.deploy;

import dev.millrace.error.ConfigurationException;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.kafka.Cluster;
import dev.millrace.internal.kafka.TopicSpec;
import dev.millrace.internal.kafka.TopicState;
import dev.millrace.internal.meta.Manifest;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.ShuffleEdge;
import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.plan.StandingRows;
import dev.millrace.internal.plan.Step;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;

/**
 * The topics of a job: the user topics that it reads, and its own, which follow from the plan.
 *
 * <p><b>Threads.</b> Confined to the thread that starts the job.
 */
final class JobTopics {

  private final Cluster cluster;
  private PhysicalPlan plan;
  private final Map<String, TopicState> users = new TreeMap<>();

  JobTopics(Cluster cluster, PhysicalPlan plan) {
    this.cluster = cluster;
    this.plan = plan;
  }

  /** Goes on with the plan as it fits what is deployed. */
  void fit(PhysicalPlan fitted) {
    plan = fitted;
  }

  /**
   * Looks up the user topics that the job reads or writes.
   *
   * @throws ConfigurationException if one does not exist
   */
  void checkUsers() {
    lookUpSources();
    for (StagePlan stage : plan.stages()) {
      stage
          .kafkaSinks()
          .forEach(sink -> sink.fixedTopic().ifPresent(cluster.topics()::checkUserTopic));
    }
  }

  /** Looks up the user topics that the job reads. */
  void lookUpSources() {
    for (StagePlan stage : plan.stages()) {
      for (StageInput input : stage.inputs()) {
        if (input instanceof StageInput.Kafka kafka) {
          users.put(kafka.topic(), cluster.topics().checkUserTopic(kafka.topic()));
        }
      }
    }
    for (String topic : plan.broadcastTopics()) {
      users.put(topic, cluster.topics().checkUserTopic(topic));
    }
  }

  /** {@return the user topics that the job reads, as they were when they were looked up} */
  Map<String, TopicState> users() {
    return users;
  }

  /** Checks that those of the job's own topics that exist are as the job needs them. */
  void checkOwn(Growth growth) {
    cluster.topics().checkInternal(specs(growth));
  }

  private Map<String, Integer> tasks(Growth growth) {
    return Sizes.tasks(
        plan,
        topic -> {
          TopicState state = users.get(topic);
          return state == null ? 0 : state.partitions();
        },
        growth.deployed());
  }

  /** {@return all topics of the job, created where they are missing, and the user topics} */
  Map<String, TopicState> create(Growth growth) {
    List<TopicSpec> specs = specs(growth);
    if (plan.stages().stream().anyMatch(JobTopics::wantsDeadLetters) && !isUsersDeadLetterTopic()) {
      specs.add(TopicSpec.retained(deadLetters(), 1));
    }
    Map<String, TopicState> topics = new HashMap<>(cluster.topics().createInternal(specs));
    topics.putAll(users);
    return topics;
  }

  /** {@return the topics of the plan that have lists of splits} */
  Set<String> splits() {
    return plan.stages().stream()
        .flatMap(stage -> stage.inputs().stream())
        .filter(input -> input instanceof StageInput.Splits)
        .map(StageInput::topic)
        .collect(Collectors.toSet());
  }

  /** {@return those topics of the job that exist, and the user topics} */
  Map<String, TopicState> existing(Growth growth) {
    Map<String, TopicState> topics =
        new HashMap<>(
            cluster.topics().describe(specs(growth).stream().map(TopicSpec::name).toList()));
    topics.putAll(users);
    return topics;
  }

  private List<TopicSpec> specs(Growth growth) {
    Map<String, Integer> tasks = tasks(growth);
    List<TopicSpec> specs = new ArrayList<>();
    for (StagePlan stage : plan.stages()) {
      int count = tasks.getOrDefault(stage.name(), 0);
      for (StageInput input : stage.inputs()) {
        if (!(input instanceof StageInput.Kafka)) {
          specs.add(TopicSpec.retained(input.topic(), count));
        }
      }
      if (stage.keepsChangelog()) {
        specs.add(TopicSpec.compacted(plan.changelog(stage), count));
      }
      // One partition has the changes of a row in order, whichever task they come from.
      stage.broadcasts().forEach(table -> specs.add(TopicSpec.compacted(table.topic(), 1)));
    }
    return specs;
  }

  private static boolean wantsDeadLetters(StagePlan stage) {
    return stage.steps().stream().anyMatch(step -> isDeadLetter(step.errors()))
        || stage.localKeys().stream().anyMatch(target -> isDeadLetter(target.errors()))
        || stage.outputs().stream().map(ShuffleEdge::errors).anyMatch(JobTopics::isDeadLetter)
        || stage.inputs().stream().anyMatch(JobTopics::isDeadLetter);
  }

  private static boolean isDeadLetter(StageInput input) {
    return input instanceof StageInput.OfSource source && isDeadLetter(source.errors());
  }

  private static boolean isDeadLetter(ErrorPolicy policy) {
    return policy.action() == ErrorPolicy.Action.DEAD_LETTER;
  }

  /** A topic that the user named and made keeps the shape the user gave it. */
  private boolean isUsersDeadLetterTopic() {
    return cluster.config().errorsTopic().isPresent()
        && !cluster.topics().describe(List.of(deadLetters())).isEmpty();
  }

  /** {@return the topic that dead letters go to} */
  String deadLetters() {
    return cluster.config().errorsTopic().orElse(plan.job() + ".errors");
  }

  /** {@return the stages as the manifest has them, with the ids of those topics} */
  Map<String, Manifest.Stage> stages(Map<String, TopicState> topics, Growth growth) {
    Map<String, Integer> tasks = tasks(growth);
    Map<String, Manifest.Stage> stages = new LinkedHashMap<>();
    for (StagePlan stage : plan.stages()) {
      Map<String, String> inputs = new TreeMap<>();
      Map<String, Manifest.InputKind> kinds = new TreeMap<>();
      for (StageInput input : stage.inputs()) {
        inputs.put(input.topic(), id(topics, input.topic()));
        kinds.put(input.topic(), kind(input));
      }
      Map<String, String> stores = new TreeMap<>();
      stage.steps().stream()
          .forEach(
              step ->
                  step.operator()
                      .stores()
                      .forEach(
                          store ->
                              stores.put(
                                  step.storeName(store), step.operator().describeState(store))));
      Map<String, String> broadcasts = new TreeMap<>();
      stage.broadcasts().forEach(table -> broadcasts.put(table.name(), id(topics, table.topic())));
      stages.put(
          stage.name(),
          new Manifest.Stage(
                  tasks.getOrDefault(stage.name(), 0),
                  inputs,
                  kinds,
                  stage.keepsChangelog() ? id(topics, plan.changelog(stage)) : "",
                  stores,
                  sinks(stage))
              .broadcasting(broadcasts));
    }
    return stages;
  }

  /**
   * {@return new stages with what stands in the topics of tables now, where others wait for that}
   */
  Map<String, Manifest.Stage> withStandingRows(Map<String, Manifest.Stage> newStages) {
    StandingRows rows = StandingRows.of(plan);
    Map<String, Manifest.Stage> stages = new LinkedHashMap<>(newStages);
    for (StagePlan stage : plan.stages()) {
      if (stage.isSource() && rows.areLoadedBy(stage)) {
        List<Long> ends = ends(stage.inputs().get(0).topic(), IsolationLevel.READ_COMMITTED);
        stages.computeIfPresent(stage.name(), (name, own) -> own.withStanding(ends));
      }
    }
    return stages;
  }

  private static Set<String> sinks(StagePlan stage) {
    return stage.steps().stream()
        .filter(step -> step.operator().needsChangelog() && !step.operator().keepsState())
        .map(Step::name)
        .collect(Collectors.toSet());
  }

  private static Manifest.InputKind kind(StageInput input) {
    if (input instanceof StageInput.Kafka kafka) {
      return kafka.source().isTable() ? Manifest.InputKind.TABLE : Manifest.InputKind.SOURCE;
    }
    return input instanceof StageInput.Splits
        ? Manifest.InputKind.SPLITS
        : Manifest.InputKind.SHUFFLE;
  }

  /** {@return the id of a topic; empty if there is no such topic (yet, or any more)} */
  private static String id(Map<String, TopicState> topics, String name) {
    TopicState state = topics.get(name);
    return state == null ? "" : state.id().toString();
  }

  /** {@return the partitions of a topic; none if it is not among these} */
  static List<TopicPartition> partitions(String topic, Map<String, TopicState> topics) {
    TopicState state = topics.get(topic);
    int count = state == null ? 0 : state.partitions();
    List<TopicPartition> partitions = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      partitions.add(new TopicPartition(topic, i));
    }
    return partitions;
  }

  /** {@return the present ends of all user topics the job reads} */
  Map<String, List<Long>> ends() {
    Map<String, List<Long>> ends = new TreeMap<>();
    for (String topic : new TreeSet<>(users.keySet())) {
      ends.put(topic, ends(topic, IsolationLevel.READ_UNCOMMITTED));
    }
    return ends;
  }

  private List<Long> ends(String topic, IsolationLevel isolation) {
    Map<TopicPartition, Long> found = cluster.offsets().ends(partitions(topic, users), isolation);
    List<Long> perPartition = new ArrayList<>();
    for (TopicPartition partition : partitions(topic, users)) {
      perPartition.add(found.getOrDefault(partition, 0L));
    }
    return perPartition;
  }
}
