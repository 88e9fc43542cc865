package dev.millrace.internal.sim;

import org.apache.kafka.common.TopicPartition;

/** A partition of a topic loses its leader just before a single marker. */
public final class LosesOnce implements ClusterFaults {

  private final String topic;
  private int left = 1;

  /** Creates the fault of a topic. */
  public LosesOnce(String topic) {
    this.topic = topic;
  }

  @Override
  public boolean losesLeaderBeforeMarker(TopicPartition partition) {
    return partition.topic().equals(topic) && left-- > 0;
  }
}
