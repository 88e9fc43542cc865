package dev.millrace.internal.runtime;

import dev.millrace.internal.commit.CommitPace;
import dev.millrace.internal.stage.Counter;
import dev.millrace.internal.task.Task;
import dev.millrace.internal.task.TransactionSize;
import dev.millrace.internal.util.Clock;
import java.util.function.BooleanSupplier;

/**
 * The slice of one turn of a worker, which ends when a commit is due, when the transaction is full,
 * or when it is time to poll again and to look at the clocks, whatever the transaction still takes.
 *
 * <p>How often it looks adapts to how long records take: a record may take 100 ns or, in a user's
 * function, a second. Among records that are quick it glances at the clock every few, since what
 * comes next may not be. One that is tried again may have waited for long, so it looks at once.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class TurnSlice implements Task.Slice {

  static final long LONGEST_NANOS = 100_000_000;

  /** For readers that are to stay together: none gets further ahead than it reads in that time. */
  static final long SHORT_NANOS = 10_000_000;

  private static final long LOOK_NANOS = 200_000;
  private static final long MOST_BETWEEN_LOOKS = 1_024;
  private static final long BETWEEN_GLANCES = 16;

  private final CommitPace pace;
  private final TransactionSize size;
  private final Counter retries;
  private final BooleanSupplier roomIsLeft;
  private final Clock clock;
  private final long longestNanos;
  private final long begunNanos;
  private long untilLook = 1;
  private long looksEvery;
  private long lookedNanos;
  private long retriesSeen;
  private boolean over;

  /**
   * Begins a slice.
   *
   * @param retries counts attempts to process a record again
   * @param roomIsLeft whether the transaction takes more
   * @param longestNanos the time after which it is over
   */
  TurnSlice(
      CommitPace pace,
      TransactionSize size,
      Counter retries,
      BooleanSupplier roomIsLeft,
      long longestNanos,
      Clock clock) {
    this.pace = pace;
    this.size = size;
    this.retries = retries;
    this.retriesSeen = retries.count();
    this.roomIsLeft = roomIsLeft;
    this.longestNanos = longestNanos;
    this.clock = clock;
    this.begunNanos = clock.nanos();
    this.lookedNanos = begunNanos;
  }

  @Override
  public boolean goesOn() {
    untilLook--;
    if (untilLook <= 0
        || size.isReached()
        || retries.count() != retriesSeen
        || (untilLook % BETWEEN_GLANCES == 0 && clock.nanos() - lookedNanos > LOOK_NANOS)) {
      look();
    }
    size.add();
    return !over;
  }

  private void look() {
    long now = clock.nanos();
    long seen = retries.count();
    long pieces = seen == retriesSeen ? Math.min(looksEvery - untilLook, BETWEEN_GLANCES) : 1;
    size.tookUp(pieces, now - lookedNanos);
    retriesSeen = seen;
    if (now - lookedNanos < LOOK_NANOS / 2) {
      looksEvery = Math.min(Math.max(1, looksEvery * 2), MOST_BETWEEN_LOOKS);
    } else if (now - lookedNanos > LOOK_NANOS) {
      looksEvery = 1;
    }
    lookedNanos = now;
    untilLook = looksEvery;
    pace.workDone(now);
    over = pace.isDue(now) || now - begunNanos >= longestNanos || !roomIsLeft.getAsBoolean();
  }

  boolean isOver() {
    return over;
  }
}
