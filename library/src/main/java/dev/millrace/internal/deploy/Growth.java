package dev.millrace.internal.deploy;

import dev.millrace.error.IncompatibleJobException;
import dev.millrace.error.Place;
import dev.millrace.internal.frame.SmallFrame;
import dev.millrace.internal.kafka.Cluster;
import dev.millrace.internal.kafka.TopicState;
import dev.millrace.internal.meta.Manifest;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.ShuffleEdge;
import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.plan.StagePlan;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The growth of a deployed job's source topics: those that have more partitions now than the job
 * has tasks for.
 *
 * <p>A stage that reads such a topic gets tasks for the new partitions, at the start of an instance
 * or while it runs ({@link NewPartitions}); all others keep the number that they were deployed
 * with, since their keys must stay where their rows are. A bounded run is over what was there when
 * it began, so that new partitions wait until it is over.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param deployed the number of tasks of each deployed stage; empty for a job that is not deployed
 * @param grown the new number of tasks of each stage whose topic has grown
 */
record Growth(Map<String, Integer> deployed, Map<String, Integer> grown) {

  private static final Logger LOGGER = LoggerFactory.getLogger(Growth.class);

  /** Stands for a job that is not deployed: no number of tasks is given. */
  static final Growth NONE = new Growth(Map.of(), Map.of());

  /**
   * {@return what has grown since the job was deployed}
   *
   * @throws IncompatibleJobException if a topic has grown whose keys are bound to its partitions,
   *     or beyond what its readers can follow
   * @throws TimeoutException if the topics were looked up at a broker whose metadata is older than
   *     that of others
   */
  static Growth since(Manifest manifest, PhysicalPlan plan, Map<String, TopicState> userTopics) {
    return since(manifest, plan, plan.stages(), userTopics);
  }

  /**
   * {@return what has grown of these stages' topics since the job was deployed}
   *
   * @throws IncompatibleJobException as above
   */
  static Growth since(
      Manifest manifest,
      PhysicalPlan plan,
      List<StagePlan> stages,
      Map<String, TopicState> userTopics) {
    if (manifest.phase() != Manifest.Phase.READY) {
      return NONE;
    }
    Map<String, Integer> deployed = new LinkedHashMap<>();
    Map<String, Integer> grown = new LinkedHashMap<>();
    for (StagePlan stage : stages) {
      Manifest.Stage known = manifest.stages().get(stage.name());
      if (known == null) {
        continue;
      }
      if (!(stage.inputs().get(0) instanceof StageInput.Kafka kafka)) {
        deployed.put(stage.name(), known.tasks());
        continue;
      }
      TopicState topic = userTopics.get(kafka.topic());
      if (topic == null || !topic.id().toString().equals(known.topics().get(kafka.topic()))) {
        continue; // If it was deleted and created again, the manifest's check reports it.
      }
      checkIsKnown(kafka.topic(), topic.partitions(), known.tasks());
      if (topic.partitions() > known.tasks()) {
        if (manifest.bounded()) {
          deployed.put(stage.name(), known.tasks());
        } else {
          checkKeysAreFree(plan, stage, kafka.topic(), known.tasks(), topic.partitions());
          checkChannels(manifest, plan, stage, topic.partitions());
          grown.put(stage.name(), topic.partitions());
        }
      }
    }
    return new Growth(deployed, grown);
  }

  /** Topics do not lose partitions: a broker that names fewer than others has older metadata. */
  private static void checkIsKnown(String topic, int partitions, int tasks) {
    if (partitions < tasks) {
      throw new TimeoutException(
          "A broker does not know all partitions of topic "
              + topic
              + " yet ("
              + partitions
              + " of "
              + tasks
              + ")");
    }
  }

  private static void checkKeysAreFree(
      PhysicalPlan plan, StagePlan stage, String topic, int tasks, int partitions) {
    if (stage.isKeyed()) {
      throw new IncompatibleJobException(
          "Cannot run stage '"
              + stage.name()
              + "' of job '"
              + plan.job()
              + "': topic "
              + topic
              + " has grown ("
              + partitions
              + " partitions, "
              + tasks
              + " when the job was deployed), and the stage has the rows of a table where the"
              + " topic has them: a key can have records in two partitions now. Write the table"
              + " into a topic of its own with as many partitions as it needs, read that, and run"
              + " reset; or read this one with job.source(...).toTable(...), whose rows lie by"
              + " their keys however many partitions there are",
          Place.ofJob(plan.job()).withStage(stage.name()).withTopic(topic),
          null);
    }
  }

  /** A stage without state keeps the watermarks of its channels where there is not much room. */
  private static void checkChannels(
      Manifest manifest, PhysicalPlan plan, StagePlan stage, int partitions) {
    for (ShuffleEdge edge : stage.outputs()) {
      StagePlan reader = plan.stage(edge.to());
      int channels = 0;
      for (StageInput input : reader.inputs()) {
        if (input instanceof StageInput.Shuffled shuffled) {
          String from = shuffled.edge().from();
          Manifest.Stage known = manifest.stages().get(from);
          int tasks = known == null ? 0 : known.tasks();
          channels += from.equals(stage.name()) ? partitions : tasks;
        }
      }
      if (!reader.keepsChangelog() && channels > SmallFrame.MAX_CHANNELS) {
        throw new IncompatibleJobException(
            "Cannot run stage '"
                + reader.name()
                + "' of job '"
                + plan.job()
                + "': the topic of stage '"
                + stage.name()
                + "' has grown ("
                + partitions
                + " partitions), and without state it can remember the watermarks of "
                + SmallFrame.MAX_CHANNELS
                + " upstream partitions at most ("
                + channels
                + "). Copy the topic into one of fewer partitions, or run reset to start over with"
                + " another program",
            Place.ofJob(plan.job()).withStage(reader.name()),
            null);
      }
    }
  }

  /** {@return whether there are partitions to be picked up} */
  boolean isAny() {
    return !grown.isEmpty();
  }

  /**
   * Grows the changelogs of these stages, which have one if their sinks keep state, to as many
   * partitions.
   */
  void growChangelogs(Cluster cluster, PhysicalPlan plan) {
    grown.forEach(
        (name, tasks) -> {
          StagePlan stage = plan.stage(name);
          if (stage.keepsChangelog()) {
            cluster.topics().growInternal(plan.changelog(stage), tasks);
          }
        });
  }

  /**
   * Makes new partitions be read from their start, wherever the source started: all of their
   * records are newer than the job. Groups may have members, which only a transaction can write
   * past; it is that of the manifest, so that nobody reads these partitions before.
   *
   * @param manifest as it is deployed
   */
  @SuppressWarnings("removal") // There is no other way to name a group without being a member.
  void pickUp(
      Cluster cluster, PhysicalPlan plan, Manifest manifest, Producer<byte[], byte[]> bootstrap) {
    grown.forEach(
        (name, tasks) -> {
          StagePlan stage = plan.stage(name);
          String topic = stage.inputs().get(0).topic();
          Manifest.Stage known = Objects.requireNonNull(manifest.stages().get(name));
          List<TopicPartition> added = new ArrayList<>();
          for (int partition = known.tasks(); partition < tasks; partition++) {
            added.add(new TopicPartition(topic, partition));
          }
          Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
          cluster
              .offsets()
              .beginnings(added)
              .forEach(
                  (partition, offset) ->
                      offsets.put(partition, new OffsetAndMetadata(offset, SmallFrame.NONE)));
          bootstrap.sendOffsetsToTransaction(offsets, new ConsumerGroupMetadata(plan.group(stage)));
          LOGGER
              .atInfo()
              .addKeyValue("topic", topic)
              .addKeyValue("before", known.tasks())
              .addKeyValue("partitions", tasks)
              .log("A source topic has grown; its new partitions are read from their start");
        });
  }
}
