package dev.millrace.internal.sim;

import java.util.function.Predicate;
import org.apache.kafka.common.TopicPartition;

/**
 * Partitions that have no leader.
 *
 * @param partitions which they are, asked at each call
 */
public record WithoutLeader(Predicate<TopicPartition> partitions) implements ClusterFaults {

  @Override
  public boolean isWithoutLeader(TopicPartition partition) {
    return partitions.test(partition);
  }
}
