package dev.millrace.internal.runtime;

import dev.millrace.internal.task.Task;
import dev.millrace.internal.task.TransactionSize;
import dev.millrace.internal.util.Clock;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * The choice of the place in its input where a worker commits: not in the middle of what a
 * transaction of a sender emitted, where that can be avoided.
 *
 * <p>A commit that is due waits, and meanwhile only those tasks read on that are in the middle of a
 * transaction. It waits until none is; for the longest time in all; for {@link #SILENCE_NANOS}
 * without a frame, if none is known to be there; and as long as there is room for more. Where
 * several senders write at once, there may hardly be a better place: after waits in vain, so and so
 * many commits do not wait at all, twice as many after each further one.
 *
 * <p>No result depends on where a commit is, only what others see between two of them.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class CommitPoint implements Task.Slice {

  /** Longer than a fetch takes that finds what others' open transactions have hidden. */
  static final long SILENCE_NANOS = 100_000_000L;

  private static final Duration SHORTEST_LIMIT = Duration.ofSeconds(3);
  private static final int TRANSACTIONS_PER_TIMEOUT = 3;
  private static final int MOST_VAIN = 6;

  private final BooleanSupplier amid;
  private final BooleanSupplier restIsThere;
  private final BooleanSupplier roomIsLeft;
  private final TransactionSize size;
  private final long longestNanos;
  private final WorkerLife life;
  private final Clock clock;
  private long sinceNanos;
  private long heardNanos;

  /** Waits in vain, in a row. */
  private int vain;

  /** Commits that are not going to wait. */
  private int unwaited;

  /**
   * Creates the choice of a worker.
   *
   * @param amid whether a task is in the middle of what a transaction emitted
   * @param restIsThere whether more of it can be read, as far as is known
   * @param roomIsLeft whether the worker's own transaction can take the rest
   * @param longest the longest time that a commit waits
   * @param life shows whether one does
   */
  CommitPoint(
      BooleanSupplier amid,
      BooleanSupplier restIsThere,
      BooleanSupplier roomIsLeft,
      TransactionSize size,
      Duration longest,
      WorkerLife life,
      Clock clock) {
    this.amid = amid;
    this.restIsThere = restIsThere;
    this.roomIsLeft = roomIsLeft;
    this.size = size;
    this.longestNanos = longest.toNanos();
    this.life = life;
    this.clock = clock;
  }

  /**
   * {@return the longest time that a commit waits}
   *
   * @param interval the longest time between commits
   * @param timeout after which brokers abort a transaction
   */
  static Duration longest(Duration interval, Duration timeout) {
    Duration wanted = interval.compareTo(SHORTEST_LIMIT) > 0 ? interval : SHORTEST_LIMIT;
    Duration most = timeout.dividedBy(TRANSACTIONS_PER_TIMEOUT);
    return wanted.compareTo(most) > 0 ? most : wanted;
  }

  /**
   * {@return whether to commit now}
   *
   * @param due whether a commit is due; one that waits is, also where there is room again by now,
   *     since nothing else is processed until it is made
   */
  boolean isReached(BooleanSupplier due) {
    return (life.awaitsRest() || due.getAsBoolean()) && !mustWait();
  }

  /** {@return whether a commit that is due now must wait} */
  boolean mustWait() {
    if (!amid.getAsBoolean()) {
      if (life.awaitsRest()) {
        life.awaitedRest();
        vain = 0;
      }
      return false;
    }
    if (!life.awaitsRest()) {
      if (unwaited > 0) {
        unwaited--;
        return false;
      }
      life.awaitRest();
      sinceNanos = clock.nanos();
      heardNanos = sinceNanos;
    }
    if (!roomIsLeft.getAsBoolean()) {
      life.awaitedRest();
      return false;
    }
    if (nanosLeft() > 0) {
      return true;
    }
    life.awaitedRest();
    unwaited = (1 << vain) - 1;
    vain = Math.min(vain + 1, MOST_VAIN);
    return false;
  }

  /** {@return whether a commit would have to wait, which is not to be waited for} */
  boolean isBetterLater() {
    return unwaited == 0 && amid.getAsBoolean();
  }

  /** {@return how long it goes on waiting if nothing comes, in nanoseconds} */
  long nanosLeft() {
    long now = clock.nanos();
    long longestLeft = sinceNanos + longestNanos - now;
    long left =
        restIsThere.getAsBoolean()
            ? longestLeft
            : Math.min(longestLeft, heardNanos + SILENCE_NANOS - now);
    return Math.max(0, left);
  }

  /** Lets a further frame of what is waited for be taken up, if there is time and room. */
  @Override
  public boolean goesOn() {
    long now = clock.nanos();
    if (now - sinceNanos >= longestNanos || !roomIsLeft.getAsBoolean()) {
      return false;
    }
    heardNanos = now;
    size.add();
    return true;
  }
}
