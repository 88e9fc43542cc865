package dev.millrace.internal.operator.async;

import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A bell that wakes a worker which only waits for answers.
 *
 * <p>A ring is kept until the worker has waited once, so that none is lost between the worker's
 * last look at the answers and its waiting.
 *
 * <p><b>Threads.</b> {@link #await} is the worker's; any thread may {@link #ring}.
 */
public final class Wakeup {

  private volatile boolean rung;
  private volatile @Nullable Thread waiting;

  /** Wakes the worker, now or as soon as it begins to wait. */
  public void ring() {
    rung = true;
    Thread worker = waiting;
    if (worker != null) {
      LockSupport.unpark(worker);
    }
  }

  /** Waits for a ring; may return early. The caller checks all answers before it waits again. */
  public void await(long atMostNanos) {
    waiting = Thread.currentThread();
    if (!rung && atMostNanos > 0) {
      LockSupport.parkNanos(this, atMostNanos);
    }
    waiting = null;
    rung = false;
  }
}
