package dev.millrace.time;

import dev.millrace.error.ConfigurationException;
import java.io.Serializable;
import java.time.Duration;

/**
 * How a source turns the event times of one partition into a watermark.
 *
 * <p><b>Contract.</b> A watermark w promises that no more records with event time before w are
 * expected. Each source partition has a watermark of its own; what follows goes by the smallest of
 * them.
 *
 * <p><b>Time.</b> Event time, milliseconds since the epoch. With a bound b the watermark is the
 * newest event time minus b. A partition that was read to its end and stays silent for the idle
 * timeout is left out of the minimum. A record more than {@code maxFuture} ahead of the clock does
 * not move the watermark.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param bound how far behind the newest one a record may come, zero or more
 * @param idleTimeout how long a partition at its end must be silent to count as idle, more than
 *     zero
 * @param maxFuture how far ahead of the clock an event time may be and still count, more than zero
 * @param advancesWithClock whether time goes on with the clock while all partitions are idle
 */
public record Watermarks(
    Duration bound, Duration idleTimeout, Duration maxFuture, boolean advancesWithClock)
    implements Serializable {

  private static final Duration DEFAULT_IDLE_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration DEFAULT_MAX_FUTURE = Duration.ofHours(1);

  /** Checks the ranges. */
  public Watermarks {
    if (bound.isNegative()) {
      throw new ConfigurationException(
          "Cannot use a bound of " + bound + ": it is negative. Give zero or more");
    }
    if (idleTimeout.isNegative() || idleTimeout.isZero()) {
      throw new ConfigurationException(
          "Cannot use an idle timeout of " + idleTimeout + ": it must be more than zero");
    }
    if (maxFuture.isNegative() || maxFuture.isZero()) {
      throw new ConfigurationException(
          "Cannot use a maxFuture of " + maxFuture + ": it must be more than zero");
    }
  }

  /** {@return watermarks for records that come at most {@code bound} later than newer ones} */
  public static Watermarks boundedOutOfOrderness(Duration bound) {
    return new Watermarks(bound, DEFAULT_IDLE_TIMEOUT, DEFAULT_MAX_FUTURE, false);
  }

  /** {@return watermarks for partitions whose event times never go back} */
  public static Watermarks monotonous() {
    return boundedOutOfOrderness(Duration.ZERO);
  }

  /** {@return the same with another idle timeout (default 5 s)} */
  public Watermarks idleness(Duration timeout) {
    return new Watermarks(bound, timeout, maxFuture, advancesWithClock);
  }

  /** {@return the same with another limit for times in the future (default 1 h)} */
  public Watermarks maxFuture(Duration limit) {
    return new Watermarks(bound, idleTimeout, limit, advancesWithClock);
  }

  /**
   * {@return the same, letting time go on with the clock (minus the bound) while all partitions are
   * idle}
   *
   * <p>For live data only: it closes the last windows when nothing more comes.
   */
  public Watermarks advanceWithClock() {
    return new Watermarks(bound, idleTimeout, maxFuture, true);
  }
}
