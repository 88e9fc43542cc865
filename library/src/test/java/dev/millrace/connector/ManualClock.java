package dev.millrace.connector;

import dev.millrace.internal.util.Clock;

/** A clock that moves when it is told to. */
final class ManualClock implements Clock {

  private long nowMs = 1_700_000_000_000L;

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
