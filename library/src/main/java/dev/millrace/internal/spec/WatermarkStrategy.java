package dev.millrace.internal.spec;

import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The settings of {@code Watermarks}.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param bound how far before the newest record a record's event time may lie; zero for a strategy
 *     of the user's
 * @param generators makes the {@code WatermarkGenerator}s of a strategy of the user's
 * @param idleTimeout how long a partition at its end must be silent to count as idle, if that was
 *     set
 * @param maxFuture how far in the future an event time may lie and still count
 * @param behindClock how far before the clock event time advances while all partitions are idle;
 *     null if it stands still
 * @param period the interval of {@code WatermarkGenerator.onPeriod}
 * @param maxDrift how far a partition's event time may be after that of the slowest; null for no
 *     limit
 */
public record WatermarkStrategy(
    Duration bound,
    @Nullable Supplier<?> generators,
    @Nullable Duration idleTimeout,
    Duration maxFuture,
    @Nullable Duration behindClock,
    Duration period,
    @Nullable Duration maxDrift) {

  private static final Duration CLOCK_IDLE_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration DEFAULT_MAX_FUTURE = Duration.ofHours(1);
  private static final Duration DEFAULT_PERIOD = Duration.ofMillis(200);

  /** {@return a strategy with all else as by default} */
  public static WatermarkStrategy of(Duration bound, @Nullable Supplier<?> generators) {
    return new WatermarkStrategy(
        bound, generators, null, DEFAULT_MAX_FUTURE, null, DEFAULT_PERIOD, null);
  }

  /**
   * {@return how long a partition at its end must be silent to count as idle; null if it never
   * does}
   */
  public @Nullable Duration effectiveIdleTimeout() {
    return idleTimeout == null && behindClock != null ? CLOCK_IDLE_TIMEOUT : idleTimeout;
  }

  /** {@return this with other generators} */
  public WatermarkStrategy withGenerators(@Nullable Supplier<?> other) {
    return new WatermarkStrategy(
        bound, other, idleTimeout, maxFuture, behindClock, period, maxDrift);
  }

  /** {@return this with another idle timeout} */
  public WatermarkStrategy withIdleTimeout(Duration timeout) {
    return new WatermarkStrategy(
        bound, generators, timeout, maxFuture, behindClock, period, maxDrift);
  }

  /** {@return this with another limit for times in the future} */
  public WatermarkStrategy withMaxFuture(Duration limit) {
    return new WatermarkStrategy(
        bound, generators, idleTimeout, limit, behindClock, period, maxDrift);
  }

  /** {@return this with event time advancing so far before the clock while all are idle} */
  public WatermarkStrategy withBehindClock(Duration behind) {
    return new WatermarkStrategy(
        bound, generators, idleTimeout, maxFuture, behind, period, maxDrift);
  }

  /** {@return this with another interval} */
  public WatermarkStrategy withPeriod(Duration interval) {
    return new WatermarkStrategy(
        bound, generators, idleTimeout, maxFuture, behindClock, interval, maxDrift);
  }

  /** {@return this with partitions kept together} */
  public WatermarkStrategy withMaxDrift(Duration drift) {
    return new WatermarkStrategy(
        bound, generators, idleTimeout, maxFuture, behindClock, period, drift);
  }
}
