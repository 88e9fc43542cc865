package dev.millrace.internal.commit;

import java.util.function.BooleanSupplier;

/**
 * The decision when the next commit is due, which depends on what is wanted: a worker that has
 * caught up with its input commits for the sake of latency, one that is behind for throughput.
 *
 * <pre>
 *   caught up   at once, unless the last commit is too recent: from the beginning of one commit to
 *               that of the next it takes four times as long as a commit does, and 10 ms at least,
 *               so that at most a quarter of the time goes into commits; never longer than the
 *               longest interval
 *   behind      at the longest interval after the first work: whatever a record of the backlog has
 *               waited for already, fewer commits are what gets all of it done sooner
 * </pre>
 *
 * <p>There is no mode that is switched: as the load grows, the worker has caught up less often, so
 * that commits are further apart, up to the longest interval.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
public final class CommitPace {

  private static final long SHORTEST_CYCLE_NANOS = 10_000_000;
  private static final double WEIGHT_OF_LATEST = 0.2;
  private static final int COMMITS_PER_CYCLE = 4;

  private final long longestNanos;
  private final long leastNanos;
  private double smoothedNanos;
  private boolean pending;
  private long pendingSinceNanos;
  private boolean resting;
  private long restUntilNanos;
  private long begunNanos;
  private double smoothedIntervalNanos;
  private boolean early;
  private boolean calm;

  /**
   * Creates the pace of one worker.
   *
   * @param longestNanos the user's maximum
   * @param leastNanos the minimum that its sinks ask for
   */
  public CommitPace(long longestNanos, long leastNanos) {
    this.leastNanos = leastNanos;
    this.longestNanos = Math.max(longestNanos, leastNanos);
  }

  /** Notes that there is something to commit. */
  public void workDone(long nowNanos) {
    if (!pending) {
      pending = true;
      pendingSinceNanos = nowNanos;
    }
  }

  /** {@return whether there is something to commit} */
  public boolean isPending() {
    return pending;
  }

  /** Makes what there is to commit due at once. */
  public void hasten(long nowNanos) {
    if (pending) {
      pendingSinceNanos = Math.min(pendingSinceNanos, nowNanos - longestNanos);
    }
  }

  /** {@return whether a commit is due even if there is more to do} */
  public boolean isDue(long nowNanos) {
    return isDue(nowNanos, () -> false);
  }

  /**
   * {@return whether a commit is due}
   *
   * @param caughtUp whether there is nothing more to do at present; asked only if it matters
   */
  public boolean isDue(long nowNanos, BooleanSupplier caughtUp) {
    if (!pending) {
      return false;
    }
    boolean due = nowNanos - pendingSinceNanos >= longestNanos;
    early = !due && nanosOfRest(nowNanos) == 0 && caughtUp.getAsBoolean();
    return due || early;
  }

  /**
   * {@return how long it is until what there is to commit may be committed by a worker that has
   * caught up; 0 if it may be now, {@link Long#MAX_VALUE} if there is nothing to commit}
   */
  public long nanosOfRest(long nowNanos) {
    if (!pending) {
      return Long.MAX_VALUE;
    }
    long rest = resting ? restUntilNanos - nowNanos : 0;
    long untilLeast = pendingSinceNanos + leastNanos - nowNanos;
    return Math.max(0, Math.min(Math.max(rest, untilLeast), nanosUntilDue(nowNanos)));
  }

  /**
   * {@return how long it is until a commit is due even if there is more to do; {@link
   * Long#MAX_VALUE} if there is nothing to commit}
   */
  public long nanosUntilDue(long nowNanos) {
    return pending ? Math.max(0, pendingSinceNanos + longestNanos - nowNanos) : Long.MAX_VALUE;
  }

  /**
   * Notes that a commit has ended, and starts afresh.
   *
   * @param tookNanos how long it took
   */
  public void committed(long nowNanos, long tookNanos) {
    smoothedNanos = smoothed(smoothedNanos, tookNanos);
    long begun = nowNanos - tookNanos;
    if (resting) {
      smoothedIntervalNanos = smoothed(smoothedIntervalNanos, begun - begunNanos);
    }
    begunNanos = begun;
    restUntilNanos = begun + cycleNanos();
    resting = true;
    calm = early;
    early = false;
    pending = false;
  }

  /** {@return whether the last commit was made by a worker that had caught up} */
  public boolean isCalm() {
    return calm;
  }

  /** Starts afresh after an abort. */
  public void aborted() {
    pending = false;
    early = false;
    calm = false;
  }

  /** {@return the present pace; of no interval before there were two commits} */
  public Reading reading() {
    Cause cause = leastNanos > 0 ? Cause.SINK : calm ? Cause.CAUGHT_UP : Cause.BEHIND;
    return new Reading(cause, (long) smoothedIntervalNanos, (long) smoothedNanos);
  }

  private static double smoothed(double before, long latest) {
    return before == 0 ? latest : before + WEIGHT_OF_LATEST * (latest - before);
  }

  private long cycleNanos() {
    return Math.max(SHORTEST_CYCLE_NANOS, (long) (smoothedNanos * COMMITS_PER_CYCLE));
  }

  /** What decides the interval. */
  public enum Cause {
    /** There is nothing more to do than to commit. */
    CAUGHT_UP,
    /** There is more input. */
    BEHIND,
    /** The sinks have a minimum. */
    SINK
  }

  /**
   * A pace as it is.
   *
   * @param cause what decides it
   * @param intervalNanos the smoothed time between the beginnings of two commits; 0 before there
   *     were two
   * @param commitNanos the smoothed duration of a commit
   */
  public record Reading(Cause cause, long intervalNanos, long commitNanos) {

    /** That of a worker which has not committed yet. */
    public static final Reading NONE = new Reading(Cause.CAUGHT_UP, 0, 0);
  }
}
