package dev.millrace.sidebyside.driver;

import dev.millrace.sidebyside.engine.PatternJob;
import dev.millrace.sidebyside.engine.Payment;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * Payments by cards that are equally busy, the same for the same seed: one in sixteen is small, one
 * in five is large, and three of ten are abroad, in one of a few countries.
 *
 * <p>They are out of order by less than {@link PatternJob#DISORDER}. The last four bits of a time
 * are those of the number of the payment among those of its card, so that no two of them have the
 * same.
 *
 * <p><b>Threads.</b> Immutable.
 */
final class PaymentSequence {

  /** The event time between two payments of a card, on average. */
  static final Duration PAUSE = Duration.ofMinutes(6);

  /** How long payments go on after those that count. */
  private static final Duration AFTER = Duration.ofMinutes(1);

  /** So many come after those that count at least, so that there are some in each partition. */
  private static final int LEAST_AFTER = 1 << 14;

  /** What cards start with whose payments do not count. */
  private static final String AFTER_CARD = "~";

  /** The bits of a time that tell payments of a card apart. */
  private static final int ORDINAL = 15;

  private static final int SPREAD_MS = (int) PatternJob.DISORDER.toMillis() - 2 * ORDINAL;
  private static final String[] COUNTRIES = {
    "AT", "BE", "CH", "DE", "DK", "ES", "FR", "GB", "IE", "IT", "NL", "PL", "PT", "SE", "US", "CN"
  };

  private final long seed;
  private final long startMs;
  private final int cards;
  private final int count;

  /**
   * Creates a sequence.
   *
   * @param startMs the time of the first payment, in milliseconds since the epoch
   * @param cards how many cards there are
   * @param count how many payments there are
   */
  PaymentSequence(long seed, long startMs, int cards, int count) {
    this.seed = seed;
    this.startMs = startMs;
    this.cards = cards;
    this.count = count;
  }

  /** {@return how many cards there are} */
  int cards() {
    return cards;
  }

  /** {@return how many payments count} */
  int count() {
    return count;
  }

  /** {@return the time that no payment is before} */
  long startMs() {
    return startMs;
  }

  /** {@return the number of a payment's card, from 0} */
  static int card(Payment payment) {
    return Integer.parseInt(payment.card().substring(payment.card().indexOf('-') + 1));
  }

  /** Passes on the payments that count. */
  void forEach(Consumer<Payment> action) {
    SplittableRandom random = new SplittableRandom(seed);
    byte[] ordinals = new byte[cards];
    for (int i = 0; i < count; i++) {
      int card = random.nextInt(cards);
      long timeMs = (timeMs(i) + random.nextInt(SPREAD_MS)) & ~ORDINAL;
      timeMs |= ordinals[card]++ & ORDINAL;
      int home = card % COUNTRIES.length;
      int country = random.nextInt(10) < 3 ? random.nextInt(COUNTRIES.length) : home;
      action.accept(new Payment("card-" + card, timeMs, cents(random), COUNTRIES[country]));
    }
  }

  private static long cents(SplittableRandom random) {
    int kind = random.nextInt(80);
    if (kind < 5) {
      return random.nextInt(1, 100);
    }
    return kind < 21 ? random.nextInt(50_000, 500_000) : random.nextInt(100, 50_000);
  }

  /** Passes on payments after those that count, which are in no match. */
  void forEachAfter(Consumer<Payment> action) {
    long after = Math.max(LEAST_AFTER, AFTER.toMillis() * cards / PAUSE.toMillis());
    for (long i = 0; i < after; i++) {
      action.accept(new Payment(AFTER_CARD + i, timeMs(count + i), 1_000, COUNTRIES[0]));
    }
  }

  private long timeMs(long number) {
    return startMs + ORDINAL + number * PAUSE.toMillis() / cards;
  }
}
