package dev.millrace.sidebyside.engine;

import java.time.Duration;

/**
 * A search for patterns in event time.
 *
 * <p>The input is a Kafka topic of records without a key, whose value is a {@link Payment} as JSON
 * and whose timestamp is the time of the payment. Within an input partition records are out of
 * order by less than {@link #DISORDER}. No two payments of a card have the same time.
 *
 * <p>The output is a Kafka topic whose records have a {@link #line} as their value, one for each
 * match.
 *
 * <p>The input goes on after what counts, with payments of other cards that are in no match, so
 * that watermarks pass all that counts.
 */
public enum PatternJob implements Workload {
  /**
   * A {@linkplain #isSmall small} payment, then the first one {@linkplain #isAbroad abroad}, then
   * the first {@linkplain #isLarge large} one after that, less than {@link #WITHIN} after the small
   * one. Each small payment may begin a match, whatever other matches there are; what comes between
   * is left out.
   */
  CARD_FRAUD;

  /** The name of the first stage. */
  public static final String SMALL = "small";

  /** The name of the second stage. */
  public static final String ABROAD = "abroad";

  /** The name of the third stage. */
  public static final String LARGE = "large";

  /** The last payment is less than this after the first. */
  public static final Duration WITHIN = Duration.ofMinutes(10);

  /** By how much records of an input partition are out of order; always by less than this. */
  public static final Duration DISORDER = Duration.ofSeconds(1);

  /** {@return whether a payment may begin a match} */
  public static boolean isSmall(Payment payment) {
    return payment.cents() < 100;
  }

  /** {@return whether a payment was in another country than the small one} */
  public static boolean isAbroad(Payment small, Payment payment) {
    return !payment.country().equals(small.country());
  }

  /** {@return whether a payment may end a match} */
  public static boolean isLarge(Payment payment) {
    return payment.cents() >= 50_000;
  }

  /** {@return the result for a match} */
  public static String line(Payment small, Payment abroad, Payment large) {
    return Query.line(small.card(), small.timeMs(), abroad.timeMs(), large.timeMs());
  }
}
