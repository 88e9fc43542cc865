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
 * @param decided whether commit or abort is decided and only the marker is still to come
 */
public record OpenTransaction(
    TopicPartition partition,
    long producerId,
    Optional<String> transactionalId,
    long startOffset,
    boolean decided) {}
