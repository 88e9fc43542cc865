package dev.millrace.internal.runtime;

import dev.millrace.internal.commit.CommitPace;
import dev.millrace.internal.util.Clock;

/**
 * The slice of one turn of a worker, which ends when a commit is due or the transaction is full.
 *
 * <p>How often it checks adapts to how long records take: a record may take 100 ns or, in a user's
 * function, a second.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class TurnSlice implements Task.Slice {

  private static final long LOOK_NANOS = 2_000_000;
  private static final long MOST_BETWEEN_LOOKS = 1_024;

  private final CommitPace pace;
  private final TransactionSize size;
  private final Assignment assignment;
  private final Clock clock;
  private long untilLook = 1;
  private long looksEvery = 1;
  private long lookedNanos;
  private boolean over;

  TurnSlice(CommitPace pace, TransactionSize size, Assignment assignment, Clock clock) {
    this.pace = pace;
    this.size = size;
    this.assignment = assignment;
    this.clock = clock;
    this.lookedNanos = clock.nanos();
  }

  @Override
  public boolean goesOn() {
    if (--untilLook <= 0 || size.isReached()) {
      long now = clock.nanos();
      if (now - lookedNanos < LOOK_NANOS / 2) {
        looksEvery = Math.min(looksEvery * 2, MOST_BETWEEN_LOOKS);
      } else if (now - lookedNanos > LOOK_NANOS) {
        looksEvery = 1;
      }
      lookedNanos = now;
      untilLook = looksEvery;
      pace.workDone(now);
      over = pace.isDue(now) || !assignment.roomIsLeft();
    }
    size.add();
    return !over;
  }

  boolean isOver() {
    return over;
  }
}
