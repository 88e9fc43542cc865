package dev.millrace.internal.kafka;

import dev.millrace.internal.util.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The wait for a state of the cluster, which is queried repeatedly, less and less often.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param limit for how long it waits
 */
record Await(Clock clock, Duration limit) {

  private static final long FIRST_WAIT_MS = 20;
  private static final long LONGEST_WAIT_MS = 1_000;

  /**
   * {@return what is waited for}
   *
   * @param look queries the cluster; returns what is waited for once it is there
   * @param tooLate makes the exception to throw when the time is over; called after the last query
   */
  <T> T until(Supplier<Optional<T>> look, Supplier<? extends RuntimeException> tooLate) {
    long beganNanos = clock.nanos();
    long waitMs = FIRST_WAIT_MS;
    while (true) {
      Optional<T> found = look.get();
      if (found.isPresent()) {
        return found.get();
      }
      if (clock.nanos() - beganNanos > limit.toNanos()) {
        throw tooLate.get();
      }
      clock.sleepMs(waitMs);
      waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS);
    }
  }
}
