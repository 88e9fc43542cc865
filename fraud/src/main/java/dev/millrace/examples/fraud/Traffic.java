package dev.millrace.examples.fraud;

import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Random;

/**
 * Payments without end, and what is planted among them in its time: the same for the same seed.
 *
 * <p>They are out of order by less than {@link FraudJob#DISORDER}.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class Traffic {

  private static final int SPREAD_MS = 20_000;

  private final Random random;
  private final int perSecond;
  private final PriorityQueue<Payment> planted =
      new PriorityQueue<>(Comparator.comparingLong(Payment::timeMs).thenComparing(Payment::card));

  private long made;

  /**
   * Begins anew.
   *
   * @param perSecond how many payments there are in a second of the feed, besides those planted
   */
  Traffic(long seed, int perSecond, FraudPlan plan) {
    this.random = new Random(~seed);
    this.perSecond = perSecond;
    plan.cases().values().forEach(each -> planted.addAll(each.payments()));
  }

  /** {@return the next payment} */
  Payment next() {
    long nowMs = FraudPlan.START_MS + made * 1_000 * FraudPlan.SPEED / perSecond;
    Payment due = planted.peek();
    if (due != null && due.timeMs() <= nowMs) {
      return planted.remove();
    }
    made++;
    int number = random.nextInt(FraudPlan.CARDS);
    int country = random.nextInt(50) == 0 ? random.nextInt(FraudPlan.COUNTRIES.size()) : number;
    return new Payment(
        FraudPlan.card(number),
        nowMs - random.nextInt(SPREAD_MS),
        cents(),
        FraudPlan.home(country));
  }

  /** Most are of everyday life; few are tiny, and few are large. */
  private int cents() {
    return switch (random.nextInt(100)) {
      case 0 -> 1 + random.nextInt(199);
      case 1 -> 50_000 + random.nextInt(200_000);
      default -> 200 + random.nextInt(20_000);
    };
  }

  /** {@return how many payments were made that were not planted} */
  long made() {
    return made;
  }
}
