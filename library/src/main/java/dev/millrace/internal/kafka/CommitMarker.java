package dev.millrace.internal.kafka;

import org.apache.kafka.common.TopicPartition;

/**
 * The end of a committed transaction in one partition.
 *
 * @param partition where the transaction has records
 * @param producerId the number that the broker gave its producer
 * @param producerEpoch the producer's epoch when it sent the records
 * @param coordinatorEpoch that of the coordinator that wrote the last marker there; 0 if none did
 */
public record CommitMarker(
    TopicPartition partition, long producerId, int producerEpoch, int coordinatorEpoch) {}
