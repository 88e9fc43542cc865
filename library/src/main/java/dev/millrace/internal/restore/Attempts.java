package dev.millrace.internal.restore;

import dev.millrace.internal.kafka.KafkaErrors;
import dev.millrace.internal.util.Clock;
import dev.millrace.internal.util.LogPace;
import java.time.Duration;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The attempts at an action that a worker depends on: the pauses between those that fail, and their
 * log, which has the first failure at once and then two lines a minute.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class Attempts {

  private static final Logger LOGGER = LoggerFactory.getLogger(Attempts.class);
  private static final long FIRST_PAUSE_NANOS = Duration.ofMillis(100).toNanos();
  private static final int MOST_DOUBLINGS = 4;

  /** The most that counts of the time between two failures. */
  private static final long MOST_BETWEEN_NANOS = Duration.ofSeconds(5).toNanos();

  private final String transactionalId;
  private final String event;
  private final Clock clock;
  private final LogPace pace = new LogPace();
  private int inARow;
  private long lastNanos;
  private long refusedNanos;

  /**
   * Creates the attempts at one action.
   *
   * @param event what a failure means, for the log
   */
  Attempts(String transactionalId, String event, Clock clock) {
    this.transactionalId = transactionalId;
    this.event = event;
    this.clock = clock;
  }

  /** {@return whether the pause after the last failure is over} */
  boolean areDue() {
    return inARow == 0
        || clock.nanos() - lastNanos >= FIRST_PAUSE_NANOS << Math.min(inARow - 1, MOST_DOUBLINGS);
  }

  /** Notes that the action succeeded or made progress. */
  void succeeded() {
    inARow = 0;
    refusedNanos = 0;
  }

  /**
   * Notes a failure.
   *
   * @throws RuntimeException the failure itself, if trying again is of no use
   */
  void failed(RuntimeException cause) {
    if (!KafkaErrors.mayPass(cause)) {
      throw cause;
    }
    long now = clock.nanos();
    if (isOutage(cause)) {
      refusedNanos = 0;
    } else if (inARow > 0) {
      refusedNanos += Math.min(now - lastNanos, MOST_BETWEEN_NANOS);
    }
    if (inARow == 0 && pace.unlogged() == 0) {
      pace.logNextAtOnce();
    }
    inARow++;
    lastNanos = now;
    if (!pace.isDue(now)) {
      return;
    }
    LOGGER
        .atWarn()
        .addKeyValue("worker", transactionalId)
        .addKeyValue("failuresSinceLastLine", pace.takeUnlogged())
        .addKeyValue("cause", KafkaErrors.text(cause))
        .log(event);
  }

  /**
   * {@return for how long the attempts have failed although the cluster answered; outages do not
   * count, since their length does not show what the cluster will answer afterwards}
   */
  long refusedNanos() {
    return refusedNanos;
  }

  /** A corrupt record counts as an answer of the cluster, although the client may retry it. */
  private static boolean isOutage(Throwable error) {
    for (@Nullable Throwable at = error; at != null; at = at.getCause()) {
      if (at instanceof CorruptRecordException) {
        return false;
      }
    }
    return KafkaErrors.isOutage(error);
  }
}
