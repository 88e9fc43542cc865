package dev.millrace.internal.time;

/**
 * The rules by which the watermark of a source partition is made.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param boundMs how far the watermark stays below the highest event time; 0 for times that never
 *     go back
 * @param maxFutureMs how far ahead of the clock an event time may lie and still move the watermark;
 *     {@link #UNLIMITED} for any
 * @param idleTimeoutMs how long no record must come, while none is waiting, before the partition is
 *     left out; {@link #UNLIMITED} for never
 * @param behindClockMs how far below the clock an idle partition's watermark goes on; {@link
 *     #UNLIMITED} if it stays where it is
 */
public record SourceWatermarkSpec(
    MovedBy movedBy, long boundMs, long maxFutureMs, long idleTimeoutMs, long behindClockMs) {

  /** No limit: never idle, no event time too far ahead, or no advance with the clock. */
  public static final long UNLIMITED = Long.MAX_VALUE;

  private static final long DEFAULT_MAX_FUTURE_MS = 3_600_000;

  /** The cause that moves the watermark while records come. */
  public enum MovedBy {
    /** The highest event time, less the bound. */
    EVENT_TIMES,
    /** A generator of the user's, through {@link SourceWatermark#propose}. */
    GENERATOR
  }

  /** Checks the ranges. */
  public SourceWatermarkSpec {
    if (boundMs < 0 || maxFutureMs < 0 || idleTimeoutMs < 0 || behindClockMs < 0) {
      throw new IllegalArgumentException(
          "Cannot make watermarks: durations must not be negative (bound "
              + boundMs
              + " ms, max future "
              + maxFutureMs
              + " ms, idle timeout "
              + idleTimeoutMs
              + " ms, behind the clock "
              + behindClockMs
              + " ms)");
    }
  }

  /** {@return a spec for times that go back by up to {@code boundMs}; the rest as by default} */
  public static SourceWatermarkSpec boundedOutOfOrderness(long boundMs) {
    return new SourceWatermarkSpec(
        MovedBy.EVENT_TIMES, boundMs, DEFAULT_MAX_FUTURE_MS, UNLIMITED, UNLIMITED);
  }

  /** {@return a spec for times that never go back; the rest as by default} */
  public static SourceWatermarkSpec monotonous() {
    return boundedOutOfOrderness(0);
  }

  /** {@return a spec for watermarks made by a generator; the rest as by default} */
  public static SourceWatermarkSpec generated() {
    return new SourceWatermarkSpec(
        MovedBy.GENERATOR, 0, DEFAULT_MAX_FUTURE_MS, UNLIMITED, UNLIMITED);
  }

  /**
   * {@return the part of the idle timeout that passes after the partition was reported idle, while
   * others go on}
   */
  public long idleGraceMs() {
    return idleTimeoutMs == UNLIMITED ? 0 : idleTimeoutMs / 2;
  }

  /** {@return this with another future guard} */
  public SourceWatermarkSpec withMaxFuture(long newMaxFutureMs) {
    return new SourceWatermarkSpec(movedBy, boundMs, newMaxFutureMs, idleTimeoutMs, behindClockMs);
  }

  /** {@return this with another idle timeout} */
  public SourceWatermarkSpec withIdleTimeout(long newIdleTimeoutMs) {
    return new SourceWatermarkSpec(movedBy, boundMs, maxFutureMs, newIdleTimeoutMs, behindClockMs);
  }

  /** {@return this, with the watermark following the clock while idle, lower by the bound} */
  public SourceWatermarkSpec advancingWithClock() {
    return advancingWithClock(boundMs);
  }

  /** {@return this, with the watermark following the clock while idle, lower by this} */
  public SourceWatermarkSpec advancingWithClock(long newBehindClockMs) {
    return new SourceWatermarkSpec(movedBy, boundMs, maxFutureMs, idleTimeoutMs, newBehindClockMs);
  }
}
