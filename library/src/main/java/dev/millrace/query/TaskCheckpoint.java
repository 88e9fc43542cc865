package dev.millrace.query;

import java.util.Map;

/**
 * The part of a task that was durable when a checkpoint of it was taken.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param stage the task's stage
 * @param task its number
 * @param transaction counts the transactions in which the task has changed; it only grows
 * @param offsets for each topic that the task reads, the offset of the next record in its
 *     partition, which has the task's number: what is before it is processed, and its results and
 *     state are committed
 */
public record TaskCheckpoint(String stage, int task, long transaction, Map<String, Long> offsets) {

  /** Copies the map. */
  public TaskCheckpoint {
    offsets = Map.copyOf(offsets);
  }
}
