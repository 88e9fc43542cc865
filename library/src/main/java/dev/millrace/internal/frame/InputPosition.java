package dev.millrace.internal.frame;

import java.util.UUID;

/**
 * The position up to which a task has read one of its input partitions (the partition's number is
 * the task's).
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param offset of the next record to read
 * @param leaderEpoch -1 if unknown
 */
public record InputPosition(String topic, UUID topicId, long offset, int leaderEpoch) {}
