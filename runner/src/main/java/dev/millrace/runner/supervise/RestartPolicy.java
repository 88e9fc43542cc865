package dev.millrace.runner.supervise;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.function.DoubleSupplier;

/**
 * The decision when a process that has died is started again.
 *
 * <pre>
 *   the first death, or one after steady work   at once: its group waits for it, and its state is there
 *   each further one in a row                   after 1, 2, 4, 8, 16, 30, 30, ... seconds, of which a
 *                                               random part of up to a half is taken off, so that
 *                                               instances that died together come back one by one
 *   the budget of restarts is used up           not at all
 * </pre>
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class RestartPolicy {

  private static final long FIRST_DELAY_MS = 1_000;
  private static final long LONGEST_DELAY_MS = 30_000;
  private static final int MOST_DOUBLINGS = 5;

  /** A process has worked steadily if it dies later than this after all of its tasks were open. */
  static final Duration STEADY = Duration.ofSeconds(5);

  private final RestartBudget budget;
  private final DoubleSupplier random;
  private final ArrayDeque<Long> restartsNanos = new ArrayDeque<>();
  private int deathsInARow;

  /**
   * Creates the policy of one supervisor.
   *
   * @param random numbers from 0 to 1
   */
  RestartPolicy(RestartBudget budget, DoubleSupplier random) {
    this.budget = budget;
    this.random = random;
  }

  RestartBudget budget() {
    return budget;
  }

  /**
   * Decides about a death, which counts as one that is followed by a restart if it may be.
   *
   * @param steadily whether the process had worked steadily
   * @return how long to wait; empty if the budget is used up
   */
  Optional<Duration> afterDeath(long nowNanos, boolean steadily) {
    deathsInARow = steadily ? 1 : deathsInARow + 1;
    long windowNanos = budget.window().toNanos();
    while (!restartsNanos.isEmpty() && nowNanos - restartsNanos.getFirst() >= windowNanos) {
      restartsNanos.removeFirst();
    }
    if (restartsNanos.size() >= budget.restarts()) {
      return Optional.empty();
    }
    restartsNanos.addLast(nowNanos);
    return Optional.of(delay());
  }

  /** {@return how many restarts are left, as of the last death} */
  int restartsLeft() {
    return budget.restarts() - restartsNanos.size();
  }

  private Duration delay() {
    if (deathsInARow == 1) {
      return Duration.ZERO;
    }
    long whole =
        Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS << Math.min(deathsInARow - 2, MOST_DOUBLINGS));
    return Duration.ofMillis(whole - (long) (whole / 2.0 * random.getAsDouble()));
  }
}
