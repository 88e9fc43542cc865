package dev.millrace.internal.kafka;

import java.util.Set;
import org.apache.kafka.common.Uuid;

/**
 * A topic as the cluster has it.
 *
 * @param id distinguishes a topic from one of the same name that was created later
 * @param partitions how many it has
 * @param replication how many replicas each partition has
 * @param leaderless the partitions that nobody leads at present: who asks for their offsets waits
 *     in vain
 */
public record TopicState(Uuid id, int partitions, int replication, Set<Integer> leaderless) {

  /** Copies the set. */
  public TopicState {
    leaderless = Set.copyOf(leaderless);
  }
}
