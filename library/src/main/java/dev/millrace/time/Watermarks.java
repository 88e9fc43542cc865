package dev.millrace.time;

import dev.millrace.internal.spec.Specs;
import dev.millrace.internal.spec.WatermarkStrategy;
import dev.millrace.internal.util.Arguments;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * The strategy by which a source turns the event times of one partition into a watermark.
 *
 * <p><b>Contract.</b> A watermark w promises that no more records with event time before w are
 * expected. Each source partition has a watermark of its own; later steps go by the smallest of
 * them. A watermark never goes back, not even over restarts or when partitions move between
 * instances: it is committed with the partition's position.
 *
 * <p><b>Time.</b> Event time, milliseconds since the epoch. With a bound b the watermark is the
 * newest event time minus b. A partition without records holds the minimum, unless {@link
 * #idleness} limits how long: one that was read to its end and stays silent for the idle timeout is
 * left out, one that is paused or has records waiting never is. When all are idle, time advances to
 * the highest of their watermarks. A record more than {@code maxFuture} ahead of the clock does not
 * move the watermark, and windows in event time treat it as late.
 *
 * <p><b>Threads.</b> Immutable; every method returns a changed copy that keeps all else.
 *
 * <p><b>Errors.</b> Durations out of range: {@link dev.millrace.error.ConfigurationException}.
 *
 * <p><b>Example.</b> {@code
 * Watermarks.boundedOutOfOrderness(Duration.ofSeconds(10)).idleness(Duration.ofSeconds(5))}.
 *
 * @param <T> the records it can be used for; {@code Object} for the strategies that look at event
 *     times only
 */
public final class Watermarks<T> {

  static {
    Specs.grant(Watermarks.class, watermarks -> watermarks.strategy);
  }

  private final WatermarkStrategy strategy;

  private Watermarks(WatermarkStrategy strategy) {
    this.strategy = strategy;
  }

  /** {@return watermarks for records that come at most {@code bound} later than newer ones} */
  public static Watermarks<Object> boundedOutOfOrderness(Duration bound) {
    Arguments.notNegativeMs("Cannot make watermarks", "bound", bound);
    return new Watermarks<>(WatermarkStrategy.of(bound, null));
  }

  /** {@return watermarks for partitions whose event times never go back} */
  public static Watermarks<Object> monotonous() {
    return boundedOutOfOrderness(Duration.ZERO);
  }

  /**
   * {@return watermarks of a strategy of your own}
   *
   * @param generators called once for each source partition, again after every restart and whenever
   *     a partition changes hands
   */
  public static <T> Watermarks<T> generator(Supplier<? extends WatermarkGenerator<T>> generators) {
    Arguments.given("Cannot make watermarks", "supplier of generators", generators);
    return new Watermarks<>(WatermarkStrategy.of(Duration.ZERO, generators));
  }

  /**
   * {@return watermarks that some of the records carry}
   *
   * <p>Example: {@code Watermarks.punctuated((Reading r, Instant at) -> r.completeUpTo())}.
   */
  public static <T> Watermarks<T> punctuated(PunctuationFunction<T> punctuation) {
    Arguments.given("Cannot make watermarks", "function", punctuation);
    return generator(
        () ->
            (record, eventTime, output) ->
                punctuation.watermark(record, eventTime).ifPresent(output::emit));
  }

  /**
   * {@return the same, leaving out partitions that are read to their end and silent for the
   * timeout, which is more than zero (without it none is ever left out)}
   *
   * <p>At least half of the timeout passes while others have records, so that partitions that were
   * all silent, and then resume within half of it, do not make each other late. If a partition
   * resumes later, its records from the time in which it was left out are late: choose a timeout
   * longer than a producer may be away while others are active.
   */
  public Watermarks<T> idleness(Duration timeout) {
    requirePositive(timeout, "idle timeout");
    return new Watermarks<>(strategy.withIdleTimeout(timeout));
  }

  /** {@return the same with another limit for times in the future, more than zero (default 1 h)} */
  public Watermarks<T> maxFuture(Duration limit) {
    requirePositive(limit, "maxFuture");
    return new Watermarks<>(strategy.withMaxFuture(limit));
  }

  /**
   * {@return the same, letting time advance with the clock (minus the bound) while all partitions
   * are idle: silent for the timeout of {@link #idleness}, or for 5 s if that was not called}
   *
   * <p>For live data only: it closes the last windows when nothing more comes, and makes records
   * late that were produced meanwhile and come after all.
   */
  public Watermarks<T> advanceWithClock() {
    return advanceWithClock(strategy.bound());
  }

  /**
   * {@return the same as {@link #advanceWithClock()} with time staying this far below the clock,
   * zero or more; a strategy of your own has no bound to take it from}
   */
  public Watermarks<T> advanceWithClock(Duration behind) {
    Arguments.notNegativeMs("Cannot advance with the clock", "distance from it", behind);
    return new Watermarks<>(strategy.withBehindClock(behind));
  }

  /**
   * {@return the same with another interval of {@link WatermarkGenerator#onPeriod}, more than zero
   * (default 200 ms); less than 100 ms is kept only while records come}
   */
  public Watermarks<T> period(Duration period) {
    requirePositive(period, "period");
    return new Watermarks<>(strategy.withPeriod(period));
  }

  /**
   * {@return the same with partitions read at about the same pace: one whose watermark is more than
   * {@code drift} ahead of the slowest waits for it}
   *
   * <p>Use it where partitions hold very different stretches of time, as when history is read
   * again: what was read too early would have to be kept as state. It does not wait for idle and
   * finished partitions, and a partition that waits is not idle. It is checked between batches of
   * records, so partitions may be further apart by one batch.
   *
   * <p>All partitions of the source on one instance are aligned at once; with those of other
   * instances by what these have committed, a second or so later. A source whose own stage writes
   * to a sink that keeps state (files) is aligned within each instance only.
   */
  public Watermarks<T> maxDrift(Duration drift) {
    requirePositive(drift, "maxDrift");
    return new Watermarks<>(strategy.withMaxDrift(drift));
  }

  private static void requirePositive(Duration duration, String what) {
    Arguments.positiveMs("Cannot make watermarks", what, duration);
  }
}
