package dev.millrace.internal.task;

import dev.millrace.internal.stage.Counter;
import dev.millrace.internal.util.Clock;

/**
 * The time that a turn of a worker takes for what fires: a window may have a million results, and
 * what comes after it a function that is slow. Whatever the transaction still takes, it is time to
 * poll again then, and to commit if that is due.
 *
 * <p>What has to be found or loaded before a firing goes on is to be a small part of it, so it is
 * longer than the slice in which records are taken up.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
public final class FiringTime {

  static final long LONGEST_NANOS = 500_000_000;

  private final TransactionSize size;
  private final Counter retries;
  private final Clock clock;
  private long begunNanos;
  private long lookedNanos;
  private long retriesSeen;

  /**
   * Creates the time of a worker.
   *
   * @param size is given the time that rows take
   * @param retries counts attempts to process something again, which may have waited
   */
  public FiringTime(TransactionSize size, Counter retries, Clock clock) {
    this.size = size;
    this.retries = retries;
    this.clock = clock;
    begin();
  }

  /** Begins a turn. */
  public void begin() {
    begunNanos = clock.nanos();
    lookedNanos = begunNanos;
    retriesSeen = retries.count();
  }

  /** {@return whether something was tried again in this turn, at the cost of reading a number} */
  boolean hasRetried() {
    return retries.count() != retriesSeen;
  }

  /**
   * {@return whether the turn has taken long enough}
   *
   * @param rows how many have fired since the last look, at most
   */
  public boolean isOverAfter(int rows) {
    long now = clock.nanos();
    size.tookUp(hasRetried() ? 1 : rows, now - lookedNanos);
    lookedNanos = now;
    return now - begunNanos >= LONGEST_NANOS;
  }
}
