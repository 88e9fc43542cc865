package dev.millrace.function;

import dev.millrace.error.ConfigurationException;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.util.Arguments;
import java.time.Duration;

/**
 * The way in which {@code mapAsync} makes its calls.
 *
 * <p><b>Contract.</b> At most {@code maxInFlight} calls of a task wait for an answer, or, in the
 * order of input, for an earlier call; more input is not read meanwhile. An attempt without an
 * answer within {@code timeout} has failed; an answer that comes later is ignored. A failed attempt
 * is repeated {@code retries} times, the first time after {@code backoff}, each later time after
 * twice the wait before, 10 s at most, while other calls go on; if none are stated here, the
 * retries of the step's error policy hold. After the last one the error policy takes the record.
 *
 * <p><b>Order.</b> By default results come in the order of the task's input, and so of each key.
 * {@link #unordered()} passes each result on when it comes; then no order is promised, not even
 * between values of one key.
 *
 * <p><b>Commits.</b> No call outlives a commit: before each, the task takes no more input and waits
 * until every call has ended. With exactly-once all attempts of one call must therefore fit into
 * {@code transaction.timeout}; the job refuses to start if they do not.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * <p><b>Example.</b> {@code Async.inFlight(100).timeout(Duration.ofSeconds(2)).retries(3)}
 *
 * @param maxInFlight the most calls under way, of each task; one or more
 * @param timeout how long an attempt may take
 * @param order the order of results
 * @param retries further attempts; zero leaves them to the error policy
 * @param backoff the wait before the first of them
 */
public record Async(int maxInFlight, Duration timeout, Order order, int retries, Duration backoff) {

  private static final Duration LONGEST = Duration.ofDays(1);
  private static final int MOST_IN_FLIGHT = 1_000_000;

  /** The order in which results are passed on. */
  public enum Order {
    /** As their input came. */
    OF_INPUT,
    /** As they come. */
    OF_COMPLETION
  }

  /** Checks the ranges. */
  public Async {
    String cannot = "Cannot make calls";
    Arguments.positiveMs(cannot, "timeout", timeout);
    Arguments.given(cannot, "order", order);
    Arguments.notNegativeMs(cannot, "wait before a retry", backoff);
    if (maxInFlight < 1
        || maxInFlight > MOST_IN_FLIGHT
        || retries < 0
        || timeout.compareTo(LONGEST) > 0
        || backoff.compareTo(LONGEST) > 0) {
      throw new ConfigurationException(
          cannot
              + ": it takes 1 to "
              + MOST_IN_FLIGHT
              + " calls in flight, retries that are not negative, and a timeout and a wait of a day"
              + " at most ("
              + maxInFlight
              + " in flight, timeout "
              + timeout
              + ", "
              + retries
              + " retries after "
              + backoff
              + "). Correct the numbers");
    }
  }

  /**
   * {@return ordered calls with a timeout of 5 s}
   *
   * @param calls the most calls under way, of each task; 1 to 1,000,000
   */
  public static Async inFlight(int calls) {
    return new Async(calls, Duration.ofSeconds(5), Order.OF_INPUT, 0, Duration.ofMillis(100));
  }

  /**
   * {@return the same with another timeout of each attempt}
   *
   * @param newTimeout 1 ms to a day
   */
  public Async timeout(Duration newTimeout) {
    return new Async(maxInFlight, newTimeout, order, retries, backoff);
  }

  /**
   * {@return the same with further attempts, the first of them after 100 ms}
   *
   * @param attempts not negative; 0 leaves them to the error policy
   */
  public Async retries(int attempts) {
    return new Async(maxInFlight, timeout, order, attempts, backoff);
  }

  /**
   * {@return the same with further attempts}
   *
   * @param attempts not negative; 0 leaves them to the error policy
   * @param firstWait the wait before the first of them, zero to a day; each further one is twice
   *     the one before, 10 s at most
   */
  public Async retries(int attempts, Duration firstWait) {
    return new Async(maxInFlight, timeout, order, attempts, firstWait);
  }

  /** {@return the same with results passed on as they come} */
  public Async unordered() {
    return new Async(maxInFlight, timeout, Order.OF_COMPLETION, retries, backoff);
  }

  /** {@return the wait before a further attempt, the first of which has number 1} */
  public Duration waitBefore(int retry) {
    return waits().waitBefore(retry);
  }

  /** {@return how long all attempts of one call may take together} */
  public Duration longest() {
    return timeout.multipliedBy(retries + 1L).plus(waits().totalWait());
  }

  /** The waits are those of a policy with the same numbers, which may be where they come from. */
  private ErrorPolicy waits() {
    return ErrorPolicy.fail().retries(retries, backoff);
  }
}
