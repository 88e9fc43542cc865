package dev.millrace.examples.fraud;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * The events that are planted among the payments: the same for the same seed, so that the feeder
 * and the judge know of it, and the job does not.
 *
 * <p>Each card has one case at most. Most are fraud that the pattern should find; one in ten takes
 * its time, so that it is not found; and one in twenty only looks like fraud.
 *
 * <p><b>Threads.</b> Immutable.
 */
final class FraudPlan {

  /** So many seconds of event time go by in one second of the feed. */
  static final int SPEED = 120;

  /** When the first payments are made. */
  static final long START_MS = 1_735_732_800_000L;

  static final int CARDS = 10_000;

  static final List<String> COUNTRIES = List.of("NO", "SE", "DK", "FI", "IS", "BR", "US", "JP");

  private static final long MINUTE_MS = 60_000;

  /** The longest that a case takes. */
  private static final long LONGEST_MS = 15 * MINUTE_MS;

  /** As many cases at the end that all tasks have some of them. */
  private static final int CLOSING = 64;

  /** The kinds of events that are planted on a card. */
  enum Kind {
    /** Fraud within the time of the pattern. */
    QUICK,
    /** Fraud that takes longer. */
    SLOW,
    /** Looks like fraud, but is the owner on a journey. */
    HONEST,
    /** After all that counts: where these are found, nothing before them is still to come. */
    CLOSING
  }

  /**
   * A case.
   *
   * @param kind what it is
   * @param payments in their order
   */
  record Case(Kind kind, List<Payment> payments) {}

  private final Map<String, Case> cases = new LinkedHashMap<>();

  /**
   * Makes a plan.
   *
   * @param seed what all that is random comes from
   * @param seconds for how long cases begin, in seconds of the feed: one in each, on average
   */
  FraudPlan(long seed, int seconds) {
    Random random = new Random(seed);
    long spanMs = seconds * 1_000L * SPEED;
    int count = Math.max(seconds, 20);
    while (cases.size() < count) {
      int kind = random.nextInt(20);
      String card = card(random.nextInt(CARDS));
      long startMs = START_MS + (long) (random.nextDouble() * spanMs);
      if (kind < 17) {
        plant(Kind.QUICK, card, startMs, 2 + random.nextInt(6), random);
      } else if (kind < 19) {
        plant(Kind.SLOW, card, startMs, 13 + random.nextInt(2), random);
      } else {
        plant(Kind.HONEST, card, startMs, 2 + random.nextInt(6), random);
      }
    }
    for (int i = 0; i < CLOSING; i++) {
      plant(Kind.CLOSING, "closing-" + i, START_MS + spanMs + LONGEST_MS, 2, random);
    }
  }

  static String card(int number) {
    return "card-" + number;
  }

  static String home(int number) {
    return COUNTRIES.get(number % COUNTRIES.size());
  }

  /**
   * Plants a case, unless the card has one, that takes less than a minute more than the given time.
   */
  private void plant(Kind kind, String card, long startMs, int minutes, Random random) {
    List<Payment> payments = new ArrayList<>();
    int from = random.nextInt(COUNTRIES.size());
    int probes = 2 + random.nextInt(3);
    for (int i = 0; i < probes; i++) {
      long timeMs = startMs + i * MINUTE_MS / 2 + random.nextInt(20_000);
      payments.add(new Payment(card, timeMs, 1 + random.nextInt(199), COUNTRIES.get(from)));
    }
    int to = (from + 1 + random.nextInt(COUNTRIES.size() - 1)) % COUNTRIES.size();
    long endMs = startMs + minutes * MINUTE_MS + random.nextInt(60_000);
    payments.add(new Payment(card, endMs, 50_000 + random.nextInt(200_000), COUNTRIES.get(to)));
    cases.putIfAbsent(card, new Case(kind, List.copyOf(payments)));
  }

  /** {@return the cases, by their cards} */
  Map<String, Case> cases() {
    return cases;
  }

  /** {@return how many cases there are of a kind} */
  int count(Kind kind) {
    return (int) cases.values().stream().filter(each -> each.kind() == kind).count();
  }
}
