package dev.millrace.internal.kafka;

import org.apache.kafka.common.Uuid;

/**
 * A topic as the cluster has it.
 *
 * @param id distinguishes a topic from one of the same name that was created later
 * @param partitions how many it has
 * @param replication how many replicas each partition has
 */
public record TopicState(Uuid id, int partitions, int replication) {}
