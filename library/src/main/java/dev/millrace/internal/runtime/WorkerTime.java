package dev.millrace.internal.runtime;

import dev.millrace.internal.stage.Counter;
import dev.millrace.internal.stage.Measure;
import dev.millrace.internal.stage.StageMetrics;

/**
 * The account of a worker's time: in commits, waiting, or at work. Each moment is in one of the
 * three, so that they add up to what has gone by.
 *
 * <p>It reads no clock: turns, waits and commits have readings anyway. A wait is what a worker
 * spends in a poll that has something to wait for, in a nap, with calls that are under way, or
 * before another attempt. In such a poll the client takes apart what has come, which is work and
 * counts as waiting: of a worker that lags this may be a fifth of its time. While a commit is under
 * way, a wait is part of it.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class WorkerTime {

  private final Counter busy;
  private final Counter idle;
  private final Counter commit;

  /** Up to when time is in the account. */
  private long accountedNanos;

  /** How much of what came after that was waiting. */
  private long waitedNanos;

  private boolean committing;

  WorkerTime(StageMetrics metrics) {
    this.busy = metrics.counter(Measure.BUSY_TIME);
    this.idle = metrics.counter(Measure.IDLE_TIME);
    this.commit = metrics.counter(Measure.COMMIT_TIME);
  }

  /** Begins the account. */
  void begin(long nowNanos) {
    accountedNanos = nowNanos;
    waitedNanos = 0;
  }

  /** Notes that the worker has waited. */
  void waited(long nanos) {
    waitedNanos += nanos;
  }

  /** Notes that all time up to now was waiting. */
  void waitedUntil(long nowNanos) {
    waitedNanos = Math.max(0, nowNanos - accountedNanos);
    account(nowNanos);
  }

  /** Notes since when a commit is under way; again for the same one does nothing. */
  void commitBegun(long nanos) {
    if (!committing) {
      account(nanos);
      committing = true;
    }
  }

  /** Notes that the commit has ended, in whatever way; does nothing if there is none. */
  void commitEnded(long nowNanos) {
    if (committing) {
      account(nowNanos);
      committing = false;
    }
  }

  /** Notes the end of a turn. */
  void turnEnded(long nowNanos) {
    account(nowNanos);
  }

  private void account(long nowNanos) {
    long elapsed = Math.max(0, nowNanos - accountedNanos);
    if (committing) {
      commit.add(elapsed);
    } else {
      long waited = Math.min(waitedNanos, elapsed);
      idle.add(waited);
      busy.add(elapsed - waited);
    }
    accountedNanos = Math.max(accountedNanos, nowNanos);
    waitedNanos = 0;
  }
}
