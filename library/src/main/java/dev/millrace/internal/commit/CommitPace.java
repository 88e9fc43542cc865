package dev.millrace.internal.commit;

import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * The decision when the next commit is due, which depends on what is wanted: a worker that has
 * caught up with its input commits for the sake of latency, one that lags for throughput. As long
 * as a commit would show nothing to anybody, neither is a reason to make one.
 *
 * <pre>
 *   silent      nothing to show: the longest interval after the first work; what comes next is
 *               looked at as rarely as if there were commits
 *   caught up   at once, unless the last commit is too recent: from the beginning of one commit to
 *               that of the next it takes four times as long as a commit usually does (the median
 *               of the latest seven, which a broker's pause does not move), and 10 ms at least, so
 *               that about a quarter of the time goes into commits at most; never longer than the
 *               shortest interval
 *   lagging     an interval after the first work, which is the largest of
 *                 the shortest interval,
 *                 a quarter of the time for which the worker had lagged when it began: so a record
 *                   of a backlog that grows waits a quarter longer,
 *                 ten times what a commit takes, so that commits take a tenth of the time;
 *               but at most twice the one before, and never more than the longest interval;
 *               it ends with the nearest {@linkplain Beats beat}, with which others end, too;
 *               brokers that do not hand over what there is end it after the shortest
 * </pre>
 *
 * <p>Somebody may {@linkplain #asked ask} for a commit. Then it is due as for a worker that has
 * caught up; for one that lags, as soon as commits still take a tenth of the time at most.
 *
 * <p>A transaction is silent until there is something to show, and never again. What it does then
 * counts from there, but the longest interval from the first work.
 *
 * <p>There is no mode that is switched: as the load grows, the worker has caught up less often, so
 * that commits are further apart. The first interval after it had caught up is the shortest again,
 * and so is the first one after an abort, of a silent transaction too: what failed is not repeated
 * as a whole.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
public final class CommitPace {

  private static final long SHORTEST_CYCLE_NANOS = 10_000_000;
  private static final double WEIGHT_OF_LATEST = 0.2;
  private static final int LATEST_COMMITS = 7;
  private static final int COMMITS_PER_CYCLE = 4;
  private static final int COMMITS_PER_INTERVAL = 10;
  private static final int INTERVALS_PER_TIME_BEHIND = 4;

  private final long shortestNanos;
  private final long longestNanos;
  private final long leastNanos;
  private final BooleanSupplier results;
  private final Beats beats;
  private double smoothedNanos;

  /** What a commit takes if nothing special happens: the pace of one that has caught up. */
  private final MedianTime usual = new MedianTime(LATEST_COMMITS);

  private boolean pending;
  private long pendingSinceNanos;

  /** When there was work to do last. */
  private long workedNanos;

  /** Whether there has been nothing to show in the open transaction. */
  private boolean silent;

  /** When it was still silent, as far as was looked; what there is to show came after that. */
  private long silentUntilNanos;

  /** How long a transaction may be silent. */
  private long patienceNanos;

  /** Whether somebody has asked for the commit of the open transaction. */
  private boolean asked;

  /** Whether it was silent at a time when it could have been committed. */
  private boolean waited;

  private boolean resting;
  private long restUntilNanos;
  private long begunNanos;
  private double smoothedIntervalNanos;
  private boolean calm;
  private Cause cause = Cause.BEHIND;

  /** Whether there was work at some time since the worker last had caught up. */
  private boolean behind;

  private long behindSinceNanos;

  /** What the worker has to do besides the commit, as of the last answer. */
  private Backlog left = Backlog.SOME;

  /** The interval of the open transaction. */
  private long intervalNanos;

  /** When it ends. */
  private long dueNanos;

  /** The bound of the next one. */
  private long boundNanos;

  /**
   * Creates the pace of one worker.
   *
   * @param shortestNanos the interval of a worker that has just begun to lag
   * @param longestNanos the bound up to which it grows
   * @param leastNanos the minimum that its sinks ask for, which outweighs both
   * @param results whether a commit would show anything to anybody; asked until it would
   * @param beats when a worker that lags commits best
   */
  public CommitPace(
      long shortestNanos,
      long longestNanos,
      long leastNanos,
      BooleanSupplier results,
      Beats beats) {
    this.leastNanos = leastNanos;
    this.results = results;
    this.beats = beats;
    this.shortestNanos = Math.max(shortestNanos, leastNanos);
    this.longestNanos = Math.max(longestNanos, this.shortestNanos);
    this.intervalNanos = this.shortestNanos;
    this.boundNanos = this.shortestNanos;
    this.patienceNanos = this.longestNanos;
  }

  /** Notes that there is something to commit. */
  public void workDone(long nowNanos) {
    workedNanos = nowNanos;
    if (!behind && (!pending || silent)) {
      behind = true;
      behindSinceNanos = nowNanos;
    }
    if (!pending) {
      pending = true;
      pendingSinceNanos = nowNanos;
      silent = true;
      silentUntilNanos = nowNanos;
      waited = false;
      begin(nowNanos, nowNanos - behindSinceNanos);
    }
    lookForResults(nowNanos);
  }

  /**
   * Notes that somebody waits for a commit, even of nothing at all: for what it shows of the
   * worker's membership. To be called again as long as it is so, since an abort forgets it.
   */
  public void asked(long nowNanos) {
    if (!pending) {
      pending = true;
      pendingSinceNanos = nowNanos;
      silent = true;
      silentUntilNanos = nowNanos;
      waited = false;
    }
    if (silent) {
      silent = false;
      begin(silentUntilNanos, behind ? silentUntilNanos - behindSinceNanos : 0);
    }
    asked = true;
  }

  private boolean isTimeForAsked(long nowNanos) {
    return asked
        && (!resting || nowNanos - begunNanos >= (long) (smoothedNanos * COMMITS_PER_INTERVAL));
  }

  private void lookForResults(long nowNanos) {
    if (!pending || !silent) {
      return;
    }
    if (results.getAsBoolean()) {
      silent = false;
      begin(silentUntilNanos, silentUntilNanos - behindSinceNanos);
    } else {
      silentUntilNanos = nowNanos;
    }
  }

  /** Begins the interval of the open transaction. */
  private void begin(long fromNanos, long nanosBehind) {
    intervalNanos = nextInterval(nanosBehind);
    dueNanos = Math.max(fromNanos + shortestNanos, beats.nearest(fromNanos, intervalNanos));
  }

  private long nextInterval(long nanosBehind) {
    long cost = (long) (smoothedNanos * COMMITS_PER_INTERVAL);
    long wanted = Math.max(nanosBehind / INTERVALS_PER_TIME_BEHIND, cost);
    return Math.max(shortestNanos, Math.min(wanted, boundNanos));
  }

  /** {@return whether there is something to commit} */
  public boolean isPending() {
    return pending;
  }

  /** {@return whether there is something to commit, but nothing to show} */
  public boolean isSilent() {
    return pending && silent;
  }

  /** {@return how long there has been something to commit; 0 if there is nothing} */
  public long nanosPending(long nowNanos) {
    return pending ? nowNanos - pendingSinceNanos : 0;
  }

  /** Makes what there is to commit due at once. */
  public void hasten(long nowNanos) {
    if (pending) {
      silent = false;
      silentUntilNanos = Math.min(silentUntilNanos, nowNanos - intervalNanos);
      dueNanos = Math.min(dueNanos, nowNanos);
    }
  }

  /** {@return whether a commit is due even if there is more to do} */
  public boolean isDue(long nowNanos) {
    lookForResults(nowNanos);
    return nanosUntilDue(nowNanos) == 0;
  }

  /**
   * {@return whether a commit is due}
   *
   * @param backlog what the worker has to do besides; asked only if it matters
   */
  public boolean isDue(long nowNanos, Supplier<Backlog> backlog) {
    boolean due = isDue(nowNanos);
    left = Backlog.SOME;
    if (pending && !silent && !due && nanosOfRest(nowNanos) > 0) {
      return false;
    }
    left = backlog.get();
    if (left == Backlog.NONE || left == Backlog.ANSWERS) {
      behind = false;
      boundNanos = shortestNanos;
    }
    boolean timely = pending && isTimely(nowNanos);
    waited |= timely && silent;
    return due || (timely && !silent) || isTimeForAsked(nowNanos);
  }

  private boolean isTimely(long nowNanos) {
    return left == Backlog.NONE
        || (left != Backlog.SOME && nowNanos - silentUntilNanos >= shortestNanos);
  }

  /**
   * {@return how long it is until what there is to commit may be committed by a worker that has
   * caught up; 0 if it may be now, {@link Long#MAX_VALUE} if there is nothing to commit}
   *
   * <p>With nothing to show, how long it is until such a worker need look for more: what comes
   * before that is taken up together, as it is before a commit.
   */
  public long nanosOfRest(long nowNanos) {
    if (!pending) {
      return Long.MAX_VALUE;
    }
    if (silent) {
      long pause = Math.min(cycleNanos(), shortestNanos);
      return left == Backlog.NONE ? Math.max(0, workedNanos + pause - nowNanos) : 0;
    }
    long rest = resting ? restUntilNanos - nowNanos : 0;
    long untilLeast = pendingSinceNanos + leastNanos - nowNanos;
    long untilShortest = silentUntilNanos + shortestNanos - nowNanos;
    return Math.max(0, Math.min(Math.max(rest, untilLeast), untilShortest));
  }

  /**
   * {@return how long it is until a commit is due even if there is more to do; {@link
   * Long#MAX_VALUE} if there is nothing to commit}
   */
  public long nanosUntilDue(long nowNanos) {
    if (!pending) {
      return Long.MAX_VALUE;
    }
    long untilLongest = pendingSinceNanos + patienceNanos - nowNanos;
    return Math.max(0, silent ? untilLongest : Math.min(dueNanos - nowNanos, untilLongest));
  }

  /**
   * {@return how much of what the open transaction has taken up belongs to a shortest interval, if
   * it was taken up evenly}
   */
  public long perShortestInterval(long taken, long nowNanos) {
    long age = pending ? nowNanos - pendingSinceNanos : 0;
    return age <= shortestNanos ? taken : (long) ((double) taken * shortestNanos / age);
  }

  /**
   * Notes that a commit has ended, and starts afresh.
   *
   * @param tookNanos how long it took
   */
  public void committed(long nowNanos, long tookNanos) {
    smoothedNanos = smoothed(smoothedNanos, tookNanos);
    usual.add(tookNanos);
    long begun = nowNanos - tookNanos;
    if (resting) {
      smoothedIntervalNanos = smoothed(smoothedIntervalNanos, begun - begunNanos);
    }
    begunNanos = begun;
    restUntilNanos = begun + cycleNanos();
    resting = true;
    calm = left == Backlog.NONE;
    cause = waited ? Cause.NOTHING_TO_SHOW : calm ? Cause.CAUGHT_UP : Cause.BEHIND;
    left = Backlog.SOME;
    pending = false;
    waited = false;
    asked = false;
    patienceNanos = Math.min(2 * patienceNanos, longestNanos);
    if (behind) {
      boundNanos = Math.min(2 * intervalNanos, longestNanos);
    }
  }

  /** {@return whether the last commit was made by a worker that had caught up} */
  public boolean isCalm() {
    return calm;
  }

  /** Starts afresh after an abort, with the shortest interval. */
  public void aborted() {
    pending = false;
    asked = false;
    left = Backlog.SOME;
    calm = false;
    cause = Cause.BEHIND;
    boundNanos = shortestNanos;
    patienceNanos = shortestNanos;
  }

  /** {@return the present pace; of no interval before there were two commits} */
  public Reading reading() {
    return new Reading(
        leastNanos > 0 ? Cause.SINK : cause, (long) smoothedIntervalNanos, (long) smoothedNanos);
  }

  private static double smoothed(double before, long latest) {
    return before == 0 ? latest : before + WEIGHT_OF_LATEST * (latest - before);
  }

  private long cycleNanos() {
    return Math.max(SHORTEST_CYCLE_NANOS, usual.nanos() * COMMITS_PER_CYCLE);
  }

  /** The times at which workers that lag commit best, which are the same for all. */
  @FunctionalInterface
  public interface Beats {

    /**
     * {@return the beat that is nearest to the end of a transaction, or that end if there is none
     * for such transactions; never later than the longest interval after its beginning}
     *
     * @param beginNanos when it begins
     * @param intervalNanos how long it is to be
     */
    long nearest(long beginNanos, long intervalNanos);
  }

  /** The work that a worker has besides its commit. */
  public enum Backlog {
    /** Nothing, or too little to matter: it has caught up. */
    NONE,
    /** Nothing but to wait for the answers of calls, which a commit would have to wait for, too. */
    ANSWERS,
    /** There is more, but brokers did not hand it over when they were asked. */
    OUT_OF_REACH,
    /** There is more. */
    SOME
  }

  /** The reason for the interval. */
  public enum Cause {
    /** There is nothing more to do than to commit. */
    CAUGHT_UP,
    /** There is nothing more to do, and nobody would see a commit. */
    NOTHING_TO_SHOW,
    /** There is more input. */
    BEHIND,
    /** The sinks have a minimum. */
    SINK
  }

  /**
   * The pace at one moment.
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
