package dev.millrace.error;

import java.io.Serializable;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The treatment of a record that cannot be decoded, processed or produced.
 *
 * <p><b>Contract.</b> The action is taken after {@code retries} further attempts, the first after
 * {@code backoff}, each later one after twice the wait before, 10 s at most. Nothing is dropped
 * without being counted; a record that is processed again after an abort counts again. While a
 * record is retried its worker does nothing else, and a group considers a worker dead that is
 * silent for {@code max.poll.interval.ms} (a minute). So a job whose waits add up to more than half
 * of that is refused when it is built. For a system that is down for longer see {@code
 * CircuitBreaker}.
 *
 * <p>A dead letter is the record that the failing step's input came from: that of the source's
 * topic, or after a shuffle the entry's bytes in the engine's own format. Results of windows and
 * tables come from many records: their dead letter is the result as JSON, without coordinates. A
 * letter that is too large for a record of the topic is written as several, with the headers {@code
 * millrace.part} and {@code millrace.parts}, so that no size stops a job that should continue.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param action what to do when the attempts are used up
 * @param retries further attempts, zero or more
 * @param backoff the wait before the first of them
 */
public record ErrorPolicy(Action action, int retries, Duration backoff) implements Serializable {

  private static final Duration LONGEST_WAIT = Duration.ofSeconds(10);

  /** The action on a record that failed for good. */
  public enum Action {
    /** Stop the job with the record's coordinates and the cause; nothing is lost. */
    FAIL,
    /** Drop the record and count it. */
    SKIP,
    /** Write the original bytes to the job's dead-letter topic, in the same transaction. */
    DEAD_LETTER
  }

  /** Checks the ranges. */
  public ErrorPolicy {
    if (action == null || retries < 0 || !isWait(backoff)) {
      throw new ConfigurationException(
          "Cannot make an error policy: it takes an action, retries that are not negative, and a"
              + " wait between zero and a day ("
              + action
              + ", "
              + retries
              + " retries, the first after "
              + backoff
              + "). Correct it");
    }
  }

  private static boolean isWait(@Nullable Duration backoff) {
    return backoff != null && !backoff.isNegative() && backoff.compareTo(Duration.ofDays(1)) <= 0;
  }

  /** {@return the policy that stops the job (the default)} */
  public static ErrorPolicy fail() {
    return new ErrorPolicy(Action.FAIL, 0, Duration.ofMillis(100));
  }

  /** {@return the policy that drops and counts} */
  public static ErrorPolicy skip() {
    return new ErrorPolicy(Action.SKIP, 0, Duration.ofMillis(100));
  }

  /** {@return the policy that writes to the dead-letter topic} */
  public static ErrorPolicy deadLetter() {
    return new ErrorPolicy(Action.DEAD_LETTER, 0, Duration.ofMillis(100));
  }

  /**
   * {@return the same policy after further attempts}
   *
   * @param attempts not negative
   * @param firstWait the wait before the first of them, at most a day; each further one is twice
   *     the one before, 10 s at most
   */
  public ErrorPolicy retries(int attempts, Duration firstWait) {
    return new ErrorPolicy(action, attempts, firstWait);
  }

  /**
   * {@return the wait before a further attempt}
   *
   * @param retry 1 for the first one after the failure
   */
  public Duration waitBefore(int retry) {
    Duration wait = backoff;
    for (int i = 1; i < retry && !wait.isZero() && isBelowLongest(wait); i++) {
      wait = wait.multipliedBy(2);
    }
    return retry > 1 && !isBelowLongest(wait) ? LONGEST_WAIT : wait;
  }

  /** {@return the sum of the waits before all further attempts} */
  public Duration totalWait() {
    Duration total = Duration.ZERO;
    for (int retry = 1; retry <= retries && !backoff.isZero(); retry++) {
      Duration wait = waitBefore(retry);
      if (retry > 1 && !isBelowLongest(wait)) {
        return total.plus(LONGEST_WAIT.multipliedBy(retries - retry + 1L));
      }
      total = total.plus(wait);
    }
    return total;
  }

  private static boolean isBelowLongest(Duration wait) {
    return wait.compareTo(LONGEST_WAIT) < 0;
  }
}
