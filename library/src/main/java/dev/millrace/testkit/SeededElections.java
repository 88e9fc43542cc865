package dev.millrace.testkit;

import dev.millrace.internal.sim.ClusterFaults;
import java.util.Random;
import org.apache.kafka.common.TopicPartition;

/**
 * Elections of leaders amid transactions, which no job may notice, in an order that a seed gives.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class SeededElections implements ClusterFaults {

  private static final int MARKERS_PER_ELECTION = 4;

  private final Random dice;

  SeededElections(long seed) {
    this.dice = new Random(seed);
  }

  @Override
  public boolean electsLeaderBeforeMarker(TopicPartition partition) {
    return dice.nextInt(MARKERS_PER_ELECTION) == 0;
  }
}
