package dev.millrace.internal.time;

import java.util.concurrent.TimeUnit;

/**
 * The throttle that decides when a task's watermark is worth a frame to the downstream partitions
 * that get no data.
 *
 * <p>An advance is worth one if it passes a multiple of the granularity, and then at most once in
 * the interval; a value held back by the interval stays due, so that the last one of a burst is
 * sent by the worker's timer. A change of the status, the end of time and the first value after
 * opening do not wait. What is sent is the whole watermark, not the multiple.
 *
 * <p>One throttle serves one edge and one time domain; where an edge has both, a frame is due when
 * one is due for either; it carries both watermarks and is reported as {@link #sent} to both. A
 * watermark that rides along with data to some of the partitions is not reported. A new throttle
 * asks for a send at once.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
public final class WatermarkThrottle {

  /** The interval unless a job sets another. */
  public static final long DEFAULT_INTERVAL_MS = 200;

  private final long granularityMs;
  private final long intervalNanos;

  private ChannelStatus status = ChannelStatus.ACTIVE;
  private long watermark = Watermarks.UNKNOWN;
  private long floor = Watermarks.UNKNOWN;

  private boolean resend = true;
  private ChannelStatus sentStatus = ChannelStatus.ACTIVE;
  private long sentFloor = Watermarks.UNKNOWN;
  private long sentWatermark = Watermarks.UNKNOWN;
  private long sentAtNanos;

  /**
   * Creates a throttle.
   *
   * @param granularityMs at least 1; every time at which something happens downstream must be a
   *     multiple of it (so for windows with an offset the greatest common divisor of size, slide
   *     and offset), otherwise it happens late
   * @param intervalMs not negative
   */
  public WatermarkThrottle(long granularityMs, long intervalMs) {
    if (granularityMs < 1 || intervalMs < 0) {
      throw new IllegalArgumentException(
          "Cannot throttle watermarks: the granularity must be positive and the interval not"
              + " negative ("
              + granularityMs
              + " ms, "
              + intervalMs
              + " ms)");
    }
    this.granularityMs = granularityMs;
    this.intervalNanos = TimeUnit.MILLISECONDS.toNanos(intervalMs);
  }

  /** Takes the task's present status and watermark; one below the last is ignored. */
  public void advance(ChannelStatus newStatus, long newWatermark) {
    status = newStatus;
    if (newWatermark > watermark) {
      watermark = newWatermark;
      floor = Watermarks.floor(newWatermark, granularityMs);
    }
  }

  /** {@return whether the present status and watermark should be sent now} */
  public boolean isDue(long nowNanos) {
    return nanosUntilDue(nowNanos) == 0;
  }

  /**
   * {@return how long until the present status and watermark should be sent: 0 for now, {@link
   * Long#MAX_VALUE} for not at all}
   */
  public long nanosUntilDue(long nowNanos) {
    if (isUrgent()) {
      return 0;
    }
    if (floor == sentFloor) {
      return Long.MAX_VALUE;
    }
    long elapsed = nowNanos - sentAtNanos;
    return Math.max(0, intervalNanos - elapsed);
  }

  /**
   * {@return whether the present status or watermark was not sent yet, due or not: then it is worth
   * a place in a frame that is sent anyway}
   */
  public boolean hasNews() {
    return resend || status != sentStatus || watermark != sentWatermark;
  }

  /** Notes that the present status and watermark were sent to all downstream partitions. */
  public void sent(long nowNanos) {
    resend = false;
    sentStatus = status;
    sentFloor = floor;
    sentWatermark = watermark;
    sentAtNanos = nowNanos;
  }

  /** Asks for a send at once, because the last one may be lost: after opening, after an abort. */
  public void requireResend() {
    resend = true;
  }

  /** {@return the watermark to send} */
  public long watermark() {
    return watermark;
  }

  /** {@return the status to send} */
  public ChannelStatus status() {
    return status;
  }

  private boolean isUrgent() {
    return resend
        || status != sentStatus
        || (floor == Watermarks.END_OF_TIME && sentFloor != Watermarks.END_OF_TIME);
  }
}
