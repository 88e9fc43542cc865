package dev.millrace.internal.util;

/** A clock that moves when it is told to, or when somebody sleeps by it. */
public final class StepClock implements Clock {

  private long nowMs;

  /** Creates a clock that shows a time after the epoch, as others do. */
  public StepClock() {
    this(1_700_000_000_000L);
  }

  private StepClock(long nowMs) {
    this.nowMs = nowMs;
  }

  /** Moves on. */
  public void advanceMs(long millis) {
    nowMs += millis;
  }

  @Override
  public long wallMs() {
    return nowMs;
  }

  @Override
  public long nanos() {
    return nowMs * 1_000_000;
  }

  @Override
  public void sleepMs(long millis) {
    nowMs += millis;
  }
}
