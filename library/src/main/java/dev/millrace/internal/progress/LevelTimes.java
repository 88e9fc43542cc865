package dev.millrace.internal.progress;

import dev.millrace.internal.time.Watermarks;
import dev.millrace.internal.util.Saturating;
import java.util.Arrays;

/**
 * The event times of a task's keyed operators, level by level: those that follow others in the task
 * are on the level after them.
 *
 * <p>An operator may hold results back until the commit. When it has fired up to a time and the
 * commit is done, nothing older is left in it: that is the time to which the next level may go
 * then. So each level is one commit later than the one before, and what the task sends downstream
 * is the time of the last one.
 *
 * <p>I1: the time of a level moves between transactions only, so that within one no operator gets
 * records while it is firing, but for those that the ones before it emit at the commit: they come
 * in the middle of a firing if what is due does not fit into the transaction, and are judged by the
 * time that the operator fires up to. I2: no time goes back; a new owner goes on with the times of
 * the last commit.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class LevelTimes {

  /** By level, the time that it is to fire up to; that of the first is the task's. */
  private final long[] times;

  /** By level, the time up to which it has fired. */
  private final long[] fired;

  LevelTimes(int levels) {
    times = new long[levels];
    fired = new long[levels];
    Arrays.fill(times, Watermarks.UNKNOWN);
    Arrays.fill(fired, Watermarks.UNKNOWN);
  }

  /**
   * {@return a time held back, since what comes from operators that have reached it may be older}
   */
  public static long delayed(long time, long delayMs) {
    return time == Watermarks.UNKNOWN || time == Watermarks.END_OF_TIME
        ? time
        : Math.max(Saturating.subtract(time, delayMs), Watermarks.UNKNOWN + 1);
  }

  public int count() {
    return times.length;
  }

  /** {@return the time that a level is to fire up to} */
  public long of(int level, long taskTime) {
    return level == 0 ? taskTime : times[level];
  }

  /** Takes over the time of a level at the last commit; one that is there no more has none. */
  void restore(int level, long time) {
    if (level < times.length) {
      times[level] = Math.max(times[level], time);
    }
  }

  /** Notes that all operators of a level have fired up to a time. */
  public void fired(int level, long upTo) {
    fired[level] = Math.max(fired[level], upTo);
  }

  /** {@return the time up to which all have fired} */
  long firedUpTo() {
    return fired[fired.length - 1];
  }

  /** Lets each level go on to where the one before it is; returns whether one may go on. */
  boolean committed() {
    boolean moved = false;
    for (int level = times.length - 1; level > 0; level--) {
      moved |= fired[level - 1] > times[level];
      times[level] = Math.max(times[level], fired[level - 1]);
    }
    return moved;
  }

  /** {@return whether a level may go on with the next commit} */
  boolean awaitCommit() {
    for (int level = 1; level < times.length; level++) {
      if (fired[level - 1] > times[level]) {
        return true;
      }
    }
    return false;
  }

  /** {@return whether all have fired up to the same time} */
  public boolean isLevel() {
    return fired[0] == firedUpTo();
  }
}
