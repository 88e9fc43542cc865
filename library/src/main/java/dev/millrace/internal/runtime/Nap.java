package dev.millrace.internal.runtime;

import dev.millrace.internal.commit.CommitPace;
import dev.millrace.internal.util.Clock;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * The sleep of a worker that has caught up, has something to commit, and may not commit it yet.
 *
 * <p>It could fetch meanwhile, and would at each record that comes: a request for each, a turn of
 * the worker for each, for the same commit. So it looks only shortly before the commit, and finds
 * what has come together. A worker whose records take long to process does not wait with them.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class Nap {

  /** Time for two fetches: what is there of the one before the nap, and what came during it. */
  private static final long FETCH_NANOS = 2_500_000;

  private static final long SHORTEST_MS = 2;

  /** The part of its time that a worker may need, with a quarter for commits, and still nap. */
  private static final double LIGHT = 0.45;

  private final CommitPace pace;
  private final Clock clock;
  private long cycleNanos;
  private long idleNanos;
  private long lookedNanos;
  private boolean light;
  private boolean pending;

  Nap(CommitPace pace, Clock clock) {
    this.pace = pace;
    this.clock = clock;
    this.lookedNanos = clock.nanos();
  }

  /** Sleeps for a part of the given time, if there is reason to; returns what is left of it. */
  Duration before(Duration wait) {
    long now = clock.nanos();
    lookAtCycle(now);
    long rest = pace.nanosOfRest(now);
    long napMs = TimeUnit.NANOSECONDS.toMillis(rest - FETCH_NANOS);
    if (!pace.isPending()
        || !light
        || !pace.isCalm()
        || wait.toNanos() < rest
        || napMs < SHORTEST_MS) {
      return wait;
    }
    clock.sleepMs(napMs);
    long slept = clock.nanos() - now;
    idleNanos += slept;
    Duration left = wait.minusNanos(slept);
    return left.isNegative() ? Duration.ZERO : left;
  }

  /** Notes for how long the worker waited for records. */
  void waited(long nanos) {
    idleNanos += nanos;
  }

  /** A cycle ends with the commit, after which there is nothing to commit. */
  private void lookAtCycle(long now) {
    cycleNanos += now - lookedNanos;
    lookedNanos = now;
    if (pending && !pace.isPending()) {
      light = cycleNanos - idleNanos <= cycleNanos * LIGHT;
      cycleNanos = 0;
      idleNanos = 0;
    }
    pending = pace.isPending();
  }
}
