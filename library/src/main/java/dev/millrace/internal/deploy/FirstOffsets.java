package dev.millrace.internal.deploy;

import dev.millrace.internal.frame.SmallFrame;
import dev.millrace.internal.kafka.Cluster;
import dev.millrace.internal.kafka.TopicState;
import dev.millrace.internal.meta.Manifest;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.spec.KafkaSourceSpec;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;

/**
 * The first offsets of a job's groups, which are written before anybody joins: the broker refuses
 * them afterwards.
 *
 * <p><b>Threads.</b> Confined to the thread that starts the job.
 */
final class FirstOffsets {

  private final Cluster cluster;
  private final PhysicalPlan plan;

  FirstOffsets(Cluster cluster, PhysicalPlan plan) {
    this.cluster = cluster;
    this.plan = plan;
  }

  /**
   * Writes where these stages start: sources at the offsets of a reset, or at those that the
   * program asks for; others at the beginning of their shuffles, which are new with them, and
   * tables at that of their topics.
   */
  void write(Map<String, TopicState> topics, Manifest manifest, Set<String> stages) {
    for (StagePlan stage : plan.stages()) {
      if (!stages.contains(stage.name())) {
        continue;
      }
      Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
      for (StageInput input : stage.inputs()) {
        firstOffsets(input, topics)
            .forEach(
                (partition, offset) ->
                    offsets.put(
                        partition,
                        new OffsetAndMetadata(
                            isTable(input)
                                ? offset
                                : manifest
                                    .startOf(stage.name(), partition.topic(), partition.partition())
                                    .orElse(offset),
                            SmallFrame.NONE)));
      }
      cluster.groups().writeOffsets(plan.group(stage), offsets);
    }
  }

  private static boolean isTable(StageInput input) {
    return input instanceof StageInput.Kafka kafka && kafka.source().isTable();
  }

  private Map<TopicPartition, Long> firstOffsets(StageInput input, Map<String, TopicState> topics) {
    List<TopicPartition> partitions = JobTopics.partitions(input.topic(), topics);
    if (input instanceof StageInput.Kafka kafka) {
      return kafka.source().start() == KafkaSourceSpec.Start.LATEST
          ? cluster.offsets().ends(partitions, IsolationLevel.READ_UNCOMMITTED)
          : cluster.offsets().beginnings(partitions);
    }
    Map<TopicPartition, Long> zeros = new HashMap<>();
    partitions.forEach(partition -> zeros.put(partition, 0L));
    return zeros;
  }
}
