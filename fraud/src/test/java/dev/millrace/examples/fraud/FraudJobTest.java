package dev.millrace.examples.fraud;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.examples.fraud.FraudPlan.Case;
import dev.millrace.examples.fraud.FraudPlan.Kind;
import dev.millrace.testkit.JobTest;
import dev.millrace.testkit.TestTopic;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the example finds, without a broker. */
final class FraudJobTest {

  private static final long MINUTE_MS = 60_000;

  private static Payment payment(long minute, long cents, String country) {
    return new Payment("card", FraudPlan.START_MS + minute * MINUTE_MS, cents, country);
  }

  private static List<Alert> alerts(Payment... payments) {
    try (JobTest test = JobTest.of(new FraudJob())) {
      TestTopic<Payment> topic = test.topic("payments", Payment.class).partitions(1);
      for (Payment payment : payments) {
        topic.send(0, payment);
      }
      test.endInput();
      return test.output("alerts", Alert.class);
    }
  }

  @Test
  void aCardThatIsTriedOutAndThenUsedAbroadIsStolen() {
    assertThat(
            alerts(
                payment(1, 100, "NO"),
                payment(2, 2_000, "NO"),
                payment(3, 199, "NO"),
                payment(4, 50_000, "NO"),
                payment(5, 50, "NO"),
                payment(10, 70_000, "BR")))
        .containsExactly(
            new Alert(
                "card",
                FraudPlan.START_MS + MINUTE_MS,
                FraudPlan.START_MS + 10 * MINUTE_MS,
                3,
                70_000,
                "NO",
                "BR"));
  }

  @Test
  void whatTakesTenMinutesOrHasOneTinyPaymentIsNotFound() {
    assertThat(alerts(payment(1, 100, "NO"), payment(2, 100, "NO"), payment(12, 70_000, "BR")))
        .isEmpty();
    assertThat(alerts(payment(1, 100, "NO"), payment(3, 70_000, "BR"))).isEmpty();
  }

  @Test
  void fraudThatIsPlantedIsFound() {
    FraudPlan plan = new FraudPlan(7, 30);
    Traffic traffic = new Traffic(7, 200, plan);
    Verdict verdict = new Verdict(plan);
    try (JobTest test = JobTest.of(new FraudJob())) {
      TestTopic<Payment> topic = test.topic("payments", Payment.class).partitions(1);
      while (traffic.made() < 200 * 40) {
        topic.send(0, traffic.next());
      }
      test.endInput();
      for (Alert alert : test.output("alerts", Alert.class)) {
        verdict.take(json(alert));
      }
    }
    assertThat(verdict.text()).contains("alerts that came twice: 0");
    assertThat(verdict.isSound()).as(verdict.text()).isTrue();
  }

  @Test
  void aPlanIsTheSameForTheSameSeed() {
    Map<String, Case> cases = new FraudPlan(1, 100).cases();
    assertThat(new FraudPlan(1, 100).cases()).isEqualTo(cases);
    assertThat(new FraudPlan(2, 100).cases()).isNotEqualTo(cases);
    assertThat(cases.values()).extracting(Case::kind).contains(Kind.values());
  }

  private static String json(Alert alert) {
    return "{\"card\":\""
        + alert.card()
        + "\",\"startMs\":"
        + alert.startMs()
        + ",\"endMs\":"
        + alert.endMs()
        + ",\"probes\":"
        + alert.probes()
        + "}";
  }
}
