package dev.millrace.internal.kafka;

import java.util.Optional;
import org.apache.kafka.common.TopicPartition;

/**
 * A transaction that holds up readers of a partition.
 *
 * @param partition where it was found
 * @param producerId the number the broker gave its producer
 * @param transactionalId the id of its owner; empty where no coordinator knows it (any more)
 * @param startOffset its first record in the partition
 * @param stage the progress of the transaction, as its coordinator reports it
 */
public record OpenTransaction(
    TopicPartition partition,
    long producerId,
    Optional<String> transactionalId,
    long startOffset,
    Stage stage) {

  /** The progress of a transaction. */
  public enum Stage {
    /** Nothing is decided yet. */
    OPEN,
    /** Commit or abort is decided, and the marker is still to come. */
    DECIDED,
    /** It is complete, and either its marker is just being written or it was left out. */
    COMPLETE,
    /**
     * Nobody knows it: its owner has been initialised anew, or its coordinator has forgotten it.
     */
    UNKNOWN
  }
}
