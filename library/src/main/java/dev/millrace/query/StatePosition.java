package dev.millrace.query;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * The committed state that an answer is of.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param task the task whose state it is
 * @param transaction counts the transactions in which the task's state has changed; it only grows
 * @param offsets for each topic that the task reads, the offset of the next record in its
 *     partition, which has the task's number: everything before it is in the state
 * @param eventTime the event time up to which the task has reported its results as complete; empty
 *     if there is none yet, {@link Instant#MAX} at the end of time
 * @param asOf a time by the instance's clock at which this was the newest state of the task
 */
public record StatePosition(
    int task,
    long transaction,
    Map<String, Long> offsets,
    Optional<Instant> eventTime,
    Instant asOf) {

  /** Copies the map. */
  public StatePosition {
    offsets = Map.copyOf(offsets);
  }
}
