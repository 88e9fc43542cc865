package dev.millrace.runner.supervise;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** A supervisor's clock that a test moves: who waits, moves it by that. */
final class ManualTime implements SupervisorClock {

  private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");

  final List<Duration> waits = new ArrayList<>();
  private Duration passed = Duration.ZERO;

  void pass(Duration time) {
    passed = passed.plus(time);
  }

  @Override
  public long nanos() {
    return passed.toNanos();
  }

  @Override
  public Instant now() {
    return BEGIN.plus(passed);
  }

  @Override
  public void await(CountDownLatch end, Duration atMost) {
    waits.add(atMost);
    if (end.getCount() > 0) {
      pass(atMost);
    }
  }
}
