package dev.millrace.sidebyside.driver;

import dev.millrace.sidebyside.engine.PatternJob;
import dev.millrace.sidebyside.engine.Payment;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The matches of {@link PatternJob#CARD_FRAUD}, found by looking through the payments of each card
 * from each of them on: no automaton.
 *
 * <p>Millions of payments are kept as a number each, those of a card side by side.
 *
 * <p><b>Threads.</b> One.
 */
final class PaymentOracle {

  private static final int COUNTRY_BITS = 8;
  private static final int CENTS_BITS = 20;

  /** Where the payments of a card are, and where those of the last one end. */
  private final int[] starts;

  /** Time since the start, cents, number of the country; by time for each card. */
  private final long[] packed;

  private final long startMs;
  private final List<String> countries;

  private PaymentOracle(int[] starts, long[] packed, long startMs, List<String> countries) {
    this.starts = starts;
    this.packed = packed;
    this.startMs = startMs;
    this.countries = countries;
  }

  /** Reads a sequence, twice. */
  static PaymentOracle of(PaymentSequence payments) {
    int[] starts = new int[payments.cards() + 1];
    Set<String> countries = new TreeSet<>();
    payments.forEach(
        payment -> {
          starts[PaymentSequence.card(payment) + 1]++;
          countries.add(payment.country());
        });
    List<String> names = List.copyOf(countries);
    for (int card = 0; card < payments.cards(); card++) {
      starts[card + 1] += starts[card];
    }
    int[] next = starts.clone();
    long[] packed = new long[payments.count()];
    payments.forEach(
        payment -> {
          long time = payment.timeMs() - payments.startMs();
          packed[next[PaymentSequence.card(payment)]++] =
              (time << CENTS_BITS | payment.cents()) << COUNTRY_BITS
                  | names.indexOf(payment.country());
        });
    return new PaymentOracle(starts, packed, payments.startMs(), names);
  }

  /** Passes on the result for each match. */
  void run(Consumer<String> results) {
    for (int card = 0; card < starts.length - 1; card++) {
      Arrays.sort(packed, starts[card], starts[card + 1]);
      Payment[] own = new Payment[starts[card + 1] - starts[card]];
      for (int i = 0; i < own.length; i++) {
        own[i] = payment(card, packed[starts[card] + i]);
        if (i > 0 && own[i].timeMs() == own[i - 1].timeMs()) {
          throw new IllegalStateException(
              "Cannot say what is to be found: two payments of a card are of one time ("
                  + own[i]
                  + "). Ask for more --keys");
        }
      }
      for (int i = 0; i < own.length; i++) {
        String match = PatternJob.isSmall(own[i]) ? match(own, i) : null;
        if (match != null) {
          results.accept(match);
        }
      }
    }
  }

  private static @Nullable String match(Payment[] own, int small) {
    int abroad = small + 1;
    while (abroad < own.length && !PatternJob.isAbroad(own[small], own[abroad])) {
      abroad++;
    }
    int large = abroad + 1;
    while (large < own.length && !PatternJob.isLarge(own[large])) {
      large++;
    }
    boolean isMatch =
        large < own.length
            && own[large].timeMs() - own[small].timeMs() < PatternJob.WITHIN.toMillis();
    return isMatch ? PatternJob.line(own[small], own[abroad], own[large]) : null;
  }

  private Payment payment(int card, long bits) {
    return new Payment(
        "card-" + card,
        startMs + (bits >>> (COUNTRY_BITS + CENTS_BITS)),
        bits >>> COUNTRY_BITS & (1L << CENTS_BITS) - 1,
        countries.get((int) bits & (1 << COUNTRY_BITS) - 1));
  }
}
