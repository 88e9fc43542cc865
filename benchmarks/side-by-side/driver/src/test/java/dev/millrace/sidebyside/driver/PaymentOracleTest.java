package dev.millrace.sidebyside.driver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.sidebyside.engine.PatternJob;
import dev.millrace.sidebyside.engine.Payment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PaymentOracleTest {

  private static final long START_MS = 1_700_000_100_000L;

  private final PaymentSequence payments = new PaymentSequence(42, START_MS, 1_000, 20_000);

  @Test
  void sequenceIsTheSameForTheSameSeed() {
    assertThat(all(payments)).isEqualTo(all(new PaymentSequence(42, START_MS, 1_000, 20_000)));
    assertThat(all(payments)).isNotEqualTo(all(new PaymentSequence(43, START_MS, 1_000, 20_000)));
  }

  @Test
  void paymentsAreOutOfOrderByLessThanEnginesAllowFor() {
    long latestMs = 0;
    long mostMs = 0;
    Set<List<Object>> times = new HashSet<>();
    for (Payment payment : all(payments)) {
      mostMs = Math.max(mostMs, latestMs - payment.timeMs());
      latestMs = Math.max(latestMs, payment.timeMs());
      assertThat(times.add(List.of(payment.card(), payment.timeMs()))).as("%s", payment).isTrue();
    }
    assertThat(mostMs).isBetween(500L, PatternJob.DISORDER.toMillis() - 1);
  }

  @Test
  void whatComesAfterIsLaterAndInNoMatch() {
    long latestMs = all(payments).stream().mapToLong(Payment::timeMs).max().orElseThrow();
    List<Payment> after = new ArrayList<>();
    payments.forEachAfter(after::add);
    assertThat(after.get(after.size() - 1).timeMs())
        .isGreaterThan(latestMs + PatternJob.DISORDER.toMillis());
    assertThat(after).noneMatch(PatternJob::isSmall);
    assertThat(after).extracting(Payment::card).allMatch(card -> card.startsWith("~"));
  }

  @Test
  void oneOfSomeHundredsEndsAMatch() {
    assertThat(matches().size()).isBetween(20_000 / 400, 20_000 / 150);
  }

  @Test
  void matchesAreThoseOfAllTriples() {
    Map<String, List<Payment>> byCard = new HashMap<>();
    for (Payment payment : all(payments)) {
      byCard.computeIfAbsent(payment.card(), card -> new ArrayList<>()).add(payment);
    }
    List<String> expected = new ArrayList<>();
    for (List<Payment> own : byCard.values()) {
      own.sort(Comparator.comparingLong(Payment::timeMs));
      for (int a = 0; a < own.size(); a++) {
        for (int b = a + 1; b < own.size(); b++) {
          for (int c = b + 1; c < own.size(); c++) {
            if (isMatch(own, a, b, c)) {
              expected.add(PatternJob.line(own.get(a), own.get(b), own.get(c)));
            }
          }
        }
      }
    }
    assertThat(matches()).containsExactlyInAnyOrderElementsOf(expected);
  }

  private static boolean isMatch(List<Payment> own, int a, int b, int c) {
    Payment small = own.get(a);
    return PatternJob.isSmall(small)
        && PatternJob.isAbroad(small, own.get(b))
        && own.subList(a + 1, b).stream().noneMatch(p -> PatternJob.isAbroad(small, p))
        && PatternJob.isLarge(own.get(c))
        && own.subList(b + 1, c).stream().noneMatch(PatternJob::isLarge)
        && own.get(c).timeMs() - small.timeMs() < PatternJob.WITHIN.toMillis();
  }

  private List<String> matches() {
    List<String> matches = new ArrayList<>();
    PaymentOracle.of(payments).run(matches::add);
    return matches;
  }

  private static List<Payment> all(PaymentSequence sequence) {
    List<Payment> all = new ArrayList<>();
    sequence.forEach(all::add);
    return all;
  }
}
