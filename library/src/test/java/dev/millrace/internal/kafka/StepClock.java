package dev.millrace.internal.kafka;

import dev.millrace.internal.util.Clock;

/** A clock that moves when it is told to, or when somebody sleeps by it. */
final class StepClock implements Clock {

  private long nowMs;

  void advanceMs(long millis) {
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
