package dev.millrace.internal.time;

/**
 * How the watermark of a source partition is made.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param boundMs how far behind the highest event time the watermark stays; 0 for times that never
 *     go back
 * @param maxFutureMs how far ahead of the clock an event time may lie and still move the watermark;
 *     {@link #UNLIMITED} for any
 * @param idleTimeoutMs how long nothing must come, while nothing is waiting, before the partition
 *     is idle; {@link #UNLIMITED} for never
 */
public record SourceWatermarkSpec(
    long boundMs, long maxFutureMs, long idleTimeoutMs, WhileIdle whileIdle) {

  /** No limit: never idle, or no event time too far ahead. */
  public static final long UNLIMITED = Long.MAX_VALUE;

  private static final long DEFAULT_MAX_FUTURE_MS = 3_600_000;
  private static final long DEFAULT_IDLE_TIMEOUT_MS = 5_000;

  /** What the watermark does while the partition is idle. */
  public enum WhileIdle {
    /** It stays where it is. */
    HOLD,
    /** It follows the clock, {@code boundMs} behind it. */
    ADVANCE_WITH_CLOCK
  }

  /** Checks the ranges. */
  public SourceWatermarkSpec {
    if (boundMs < 0 || maxFutureMs < 0 || idleTimeoutMs < 0) {
      throw new IllegalArgumentException(
          "Cannot make watermarks: durations must not be negative (bound "
              + boundMs
              + " ms, max future "
              + maxFutureMs
              + " ms, idle timeout "
              + idleTimeoutMs
              + " ms)");
    }
  }

  /** {@return times may go back by up to {@code boundMs}; the rest as by default} */
  public static SourceWatermarkSpec boundedOutOfOrderness(long boundMs) {
    return new SourceWatermarkSpec(
        boundMs, DEFAULT_MAX_FUTURE_MS, DEFAULT_IDLE_TIMEOUT_MS, WhileIdle.HOLD);
  }

  /** {@return times never go back; the rest as by default} */
  public static SourceWatermarkSpec monotonous() {
    return boundedOutOfOrderness(0);
  }

  /** {@return this with another future guard} */
  public SourceWatermarkSpec withMaxFuture(long newMaxFutureMs) {
    return new SourceWatermarkSpec(boundMs, newMaxFutureMs, idleTimeoutMs, whileIdle);
  }

  /** {@return this with another idle timeout} */
  public SourceWatermarkSpec withIdleTimeout(long newIdleTimeoutMs) {
    return new SourceWatermarkSpec(boundMs, maxFutureMs, newIdleTimeoutMs, whileIdle);
  }

  /** {@return this, with time going on by the clock while idle} */
  public SourceWatermarkSpec advancingWithClock() {
    return new SourceWatermarkSpec(
        boundMs, maxFutureMs, idleTimeoutMs, WhileIdle.ADVANCE_WITH_CLOCK);
  }
}
