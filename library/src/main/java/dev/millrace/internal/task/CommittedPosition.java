package dev.millrace.internal.task;

import java.util.Map;

/**
 * The position of a task as of its last commit.
 *
 * @param transaction counts those that have changed the task
 * @param offsets for each topic that it reads, the offset of the next record of its partition
 */
public record CommittedPosition(long transaction, Map<String, Long> offsets) {}
