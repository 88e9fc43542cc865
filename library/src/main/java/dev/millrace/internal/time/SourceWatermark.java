package dev.millrace.internal.time;

import java.util.concurrent.TimeUnit;

/**
 * The watermark of one source partition, made from the event times of its records.
 *
 * <p>The worker calls {@link #observe} for each record and {@link #check} at batch boundaries; only
 * a check can find the partition idle.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
public final class SourceWatermark {

  // I1  The watermark never goes back, whatever restored, observed or read from the clock.
  // I2  Only finish() announces the end of time.
  // I3  IDLE needs a span of at least the first part of the timeout between two checks that both
  //     found nothing to read, with no record and no other finding (but UNKNOWN, which is none) in
  //     between, and of which the second found the position at the end. Ends do not go back: the
  //     position was there all the while. The second part of the timeout is the grace of those who
  //     combine watermarks.

  private final SourceWatermarkSpec spec;
  private final long idleTimeoutNanos;
  private final long idleAfterNanos;

  private ChannelStatus status = ChannelStatus.ACTIVE;
  private long watermark = Watermarks.UNKNOWN;
  private boolean quiet;
  private long quietSinceNanos;

  /** Creates the watermark of a partition of which nothing is known. */
  public SourceWatermark(SourceWatermarkSpec spec) {
    this.spec = spec;
    this.idleTimeoutNanos = TimeUnit.MILLISECONDS.toNanos(spec.idleTimeoutMs());
    this.idleAfterNanos = TimeUnit.MILLISECONDS.toNanos(spec.idleTimeoutMs() - spec.idleGraceMs());
  }

  /**
   * Starts from the status and watermark that a former owner has committed.
   *
   * <p>A partition that was idle starts ACTIVE, since only a check can find out that no record came
   * meanwhile; a finished partition stays finished.
   */
  public void restore(ChannelStatus persistedStatus, long persistedWatermark) {
    if (persistedStatus == ChannelStatus.FINISHED) {
      finish();
    } else {
      watermark = Math.max(watermark, persistedWatermark);
    }
  }

  /**
   * Goes on, after {@link #restore}, with the silence that the same worker saw up to now. Records
   * that are read again end the silence, as they did before.
   *
   * @param committed the committed status; a partition stays idle only if others may have received
   *     that
   */
  public void goOnAfter(SourceWatermark before, ChannelStatus committed) {
    if (status == ChannelStatus.FINISHED) {
      return;
    }
    quiet = before.quiet;
    quietSinceNanos = before.quietSinceNanos;
    if (before.status == ChannelStatus.IDLE && committed == ChannelStatus.IDLE) {
      status = ChannelStatus.IDLE;
    }
  }

  /**
   * Takes the event time of a record and returns whether it may be believed: false means that it is
   * too far ahead of the clock and has not moved the watermark. An idle partition is active again
   * either way.
   *
   * @param wallMs the clock; a reading per batch will do
   */
  public boolean observe(long eventTimeMs, long wallMs) {
    if (status != ChannelStatus.ACTIVE) {
      resume();
    }
    quiet = false;
    if (spec.movedBy() == SourceWatermarkSpec.MovedBy.GENERATOR) {
      return !isTooFarAhead(eventTimeMs, wallMs);
    }
    long candidate = Watermarks.behind(eventTimeMs, spec.boundMs());
    if (candidate <= watermark && eventTimeMs <= wallMs) {
      return true;
    }
    if (isTooFarAhead(eventTimeMs, wallMs)) {
      return false;
    }
    watermark = Math.max(watermark, candidate);
    return true;
  }

  private boolean isTooFarAhead(long timeMs, long wallMs) {
    return timeMs > Watermarks.ahead(wallMs, spec.maxFutureMs());
  }

  /**
   * Takes a watermark that a generator has made; one below the present watermark, or too far ahead
   * of the clock, is ignored.
   */
  public void propose(long proposedMs, long wallMs) {
    if (status != ChannelStatus.FINISHED && !isTooFarAhead(proposedMs, wallMs)) {
      watermark = Math.max(watermark, Math.min(proposedMs, Watermarks.END_OF_TIME - 1));
    }
  }

  /**
   * {@return whether no record was there to read for so long that only the end offset is missing to
   * decide whether the partition is idle, or is still idle}
   */
  public boolean isQuietForLong(long nowNanos) {
    return isQuietFor(idleAfterNanos, nowNanos);
  }

  private boolean isQuietFor(long nanos, long nowNanos) {
    return quiet && nowNanos - quietSinceNanos >= nanos;
  }

  /**
   * Checks the clocks, and returns whether the watermark or the status changed by it.
   *
   * @param nowNanos a monotonic reading
   */
  public boolean check(SourceProgress progress, long wallMs, long nowNanos) {
    if (status == ChannelStatus.FINISHED || progress == SourceProgress.UNKNOWN) {
      return false;
    }
    ChannelStatus statusBefore = status;
    long watermarkBefore = watermark;
    if (progress == SourceProgress.LAGGING || progress == SourceProgress.PAUSED) {
      quiet = false;
      status = ChannelStatus.ACTIVE;
    } else if (!quiet) {
      quiet = true;
      quietSinceNanos = nowNanos;
    }
    if (progress == SourceProgress.CAUGHT_UP && isQuietForLong(nowNanos)) {
      status = ChannelStatus.IDLE;
    }
    if (status == ChannelStatus.IDLE
        && spec.behindClockMs() != SourceWatermarkSpec.UNLIMITED
        && isQuietFor(idleTimeoutNanos, nowNanos)) {
      watermark = Math.max(watermark, Watermarks.behind(wallMs, spec.behindClockMs()));
    }
    return status != statusBefore || watermark != watermarkBefore;
  }

  /** Notes the end of the input: the watermark is the end of time from now on. */
  public void finish() {
    status = ChannelStatus.FINISHED;
    watermark = Watermarks.END_OF_TIME;
  }

  /** {@return the watermark, in milliseconds since the epoch or one of {@link Watermarks}} */
  public long watermark() {
    return watermark;
  }

  /** {@return whether records are to be expected} */
  public ChannelStatus status() {
    return status;
  }

  private void resume() {
    if (status == ChannelStatus.FINISHED) {
      throw new IllegalStateException("Cannot observe a record: the partition has finished");
    }
    status = ChannelStatus.ACTIVE;
  }
}
