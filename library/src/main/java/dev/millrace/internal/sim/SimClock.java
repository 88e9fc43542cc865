package dev.millrace.internal.sim;

import dev.millrace.internal.util.Clock;
import java.time.Duration;
import java.time.Instant;

/**
 * A clock that moves only when a test lets time pass.
 *
 * <p>Where the engine waits by the clock, the wait takes its time on the monotonic reading only: a
 * loop with a deadline ends, and the time of day stays what the test has set.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
public final class SimClock implements Clock {

  private long wallMs;
  private long nanos = Duration.ofHours(1).toNanos();

  /** Creates a clock that shows the given time. */
  public SimClock(Instant start) {
    this.wallMs = start.toEpochMilli();
  }

  /** Lets time pass. */
  public void advance(Duration time) {
    if (time.isNegative()) {
      throw new IllegalArgumentException("Cannot turn the clock back: " + time);
    }
    wallMs += time.toMillis();
    nanos += time.toNanos();
  }

  @Override
  public long wallMs() {
    return wallMs;
  }

  @Override
  public long nanos() {
    return nanos;
  }

  @Override
  public void sleepMs(long millis) {
    nanos += Duration.ofMillis(millis).toNanos();
  }
}
