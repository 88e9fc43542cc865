package dev.millrace.internal.commit;

/**
 * The decision when the next commit is due: soon while commits are quick, at the longest interval
 * under load.
 *
 * <p>The interval is four times the smoothed duration of a commit, so that at most a fifth of the
 * time goes into committing, within 10 ms and the user's maximum.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
public final class CommitPace {

  private static final long SHORTEST_NANOS = 10_000_000;
  private static final double WEIGHT_OF_LATEST = 0.2;
  private static final int DURATIONS_PER_INTERVAL = 4;

  private final long longestNanos;
  private final long shortestNanos;
  private double smoothedNanos;
  private boolean pending;
  private long pendingSinceNanos;

  /**
   * Creates the pace of one worker.
   *
   * @param longestNanos the user's maximum
   * @param shortestNanos the minimum that its sinks ask for
   */
  public CommitPace(long longestNanos, long shortestNanos) {
    this.shortestNanos = Math.max(SHORTEST_NANOS, shortestNanos);
    this.longestNanos = Math.max(longestNanos, shortestNanos);
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
      pendingSinceNanos = Math.min(pendingSinceNanos, nowNanos - intervalNanos());
    }
  }

  /** {@return whether a commit is due} */
  public boolean isDue(long nowNanos) {
    return pending && nowNanos - pendingSinceNanos >= intervalNanos();
  }

  /**
   * {@return how long it is until a commit is due; {@link Long#MAX_VALUE} if there is nothing to
   * commit}
   */
  public long nanosUntilDue(long nowNanos) {
    return pending ? Math.max(0, pendingSinceNanos + intervalNanos() - nowNanos) : Long.MAX_VALUE;
  }

  /** Notes how long a commit took, and starts afresh. */
  public void committed(long tookNanos) {
    smoothedNanos =
        smoothedNanos == 0
            ? tookNanos
            : smoothedNanos + WEIGHT_OF_LATEST * (tookNanos - smoothedNanos);
    pending = false;
  }

  /** Starts afresh after an abort. */
  public void aborted() {
    pending = false;
  }

  private long intervalNanos() {
    long wanted = (long) (smoothedNanos * DURATIONS_PER_INTERVAL);
    return Math.min(longestNanos, Math.max(shortestNanos, wanted));
  }
}
