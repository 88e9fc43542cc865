package dev.millrace.internal.launch;

import java.util.List;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.TopicPartition;

/**
 * The partitions that somebody leads: for the end of another one brokers have no answer, so that a
 * question about all of them is waited for in vain.
 *
 * <p>Who leads them is looked up only after a question without an answer, and until all are led
 * again.
 *
 * <p><b>Threads.</b> Confined to the instance's care thread.
 */
final class LedPartitions {

  private final UnaryOperator<List<TopicPartition>> lookUp;
  private boolean inDoubt;
  private boolean areMissing;

  /**
   * Creates it without a doubt.
   *
   * @param lookUp returns those of some partitions that are led
   */
  LedPartitions(UnaryOperator<List<TopicPartition>> lookUp) {
    this.lookUp = lookUp;
  }

  /** {@return those of these partitions of which to ask, for a part of a question} */
  List<TopicPartition> of(List<TopicPartition> partitions) {
    if (!inDoubt) {
      return partitions;
    }
    List<TopicPartition> led = lookUp.apply(partitions);
    areMissing |= led.size() < partitions.size();
    return led;
  }

  /** Notes whether the whole question had an answer. */
  void asked(boolean isAnswered) {
    inDoubt = areMissing || !isAnswered;
    areMissing = false;
  }
}
