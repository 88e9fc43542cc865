package dev.millrace.internal.commit;

import dev.millrace.internal.util.Clock;
import java.time.Duration;
import java.util.UUID;

/**
 * The times at which those workers of a job commit that lag: the times at which the clock shows a
 * multiple of the longest interval, or of a half of it, a quarter, and so on for shorter
 * transactions.
 *
 * <p>Workers that commit at the same time hand over what is equally far at the same time. The
 * receivers wait for less, and hold less of what waits: where each worker has times of its own, a
 * window's last partial result comes up to an interval after the first one, a row of an aggregate
 * changes once for each worker and not once for all of them, and each reader of a partition that
 * several write to is after the beginning of the oldest open transaction.
 *
 * <p>Workers need not agree on anything but the time, and if their clocks do not, they are where
 * they would be without beats. Jobs have beats of their own, so that not all of them ask the same
 * brokers at once.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
public final class CommitBeats implements CommitPace.Beats {

  private static final long NANOS_PER_MS = 1_000_000;

  /** Shorter transactions are for readers that wait, and no reason to wait for others. */
  private static final int SHORT = 4;

  /** How much longer than its interval a transaction may be: as likely longer as shorter. */
  private static final double MOST_LONGER = Math.sqrt(2);

  private final long alignedFromNanos;
  private final long longestNanos;
  private final long phaseNanos;
  private final Clock clock;

  /**
   * Creates the beats of a worker.
   *
   * @param job distinguishes its job from others
   * @param shortest the interval of a worker of the job that has just begun to lag
   * @param longest that up to which it grows, whatever keeps some of the job's stages below it
   */
  public CommitBeats(UUID job, Duration shortest, Duration longest, Clock clock) {
    this.alignedFromNanos = SHORT * shortest.toNanos();
    this.longestNanos = longest.toNanos();
    this.phaseNanos = Math.floorMod(job.getLeastSignificantBits(), longestNanos);
    this.clock = clock;
  }

  @Override
  public long nearest(long beginNanos, long intervalNanos) {
    long due = beginNanos + intervalNanos;
    if (intervalNanos < alignedFromNanos) {
      return due;
    }
    long beat = longestNanos;
    while (beat > intervalNanos * MOST_LONGER) {
      beat /= 2;
    }
    long wallNanos = due - clock.nanos() + clock.wallMs() * NANOS_PER_MS;
    long since = Math.floorMod(wallNanos - phaseNanos, beat);
    long next = due + beat - since;
    return since * 2 < beat || next - beginNanos > longestNanos ? due - since : next;
  }
}
