package dev.millrace.examples.fraud;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.examples.fraud.FraudPlan.Kind;
import java.util.List;
import org.junit.jupiter.api.Test;

final class VerdictTest {

  private final FraudPlan plan = new FraudPlan(1, 100);
  private final Verdict verdict = new Verdict(plan);

  private List<String> cards(Kind kind) {
    return plan.cases().keySet().stream()
        .filter(card -> plan.cases().get(card).kind() == kind)
        .toList();
  }

  private String take(String card) {
    return String.valueOf(
        verdict.take(
            "{\"card\":\""
                + card
                + "\",\"startMs\":1735732800000,\"endMs\":1735733165000,\"probes\":2,"
                + "\"cents\":81250,\"from\":\"NO\",\"to\":\"BR\"}"));
  }

  @Test
  void allThatCanBeFoundIsFoundOnce() {
    cards(Kind.QUICK).forEach(this::take);
    assertThat(verdict.isOver()).isFalse();
    assertThat(verdict.isSound()).isFalse();
    assertThat(verdict.text()).contains("not all has come");
    cards(Kind.CLOSING).forEach(card -> assertThat(take(card)).isEqualTo("null"));
    assertThat(verdict.isSound()).isTrue();
    int quick = cards(Kind.QUICK).size();
    int fraud = quick + cards(Kind.SLOW).size();
    assertThat(verdict.text())
        .contains(
            "precision 1.000: " + quick + " of " + quick,
            ": " + quick + " of " + fraud + " frauds");
  }

  @Test
  void anAlertIsALineForPeople() {
    assertThat(take(cards(Kind.QUICK).get(0)))
        .contains("12:06:05", "2 tiny payments in NO, then 812.50 in BR, all in 6:05")
        .doesNotContain("no fraud");
    assertThat(take("card-none")).contains("(no fraud)");
    assertThat(take(cards(Kind.HONEST).get(0))).contains("(no fraud)");
    assertThat(verdict.text()).contains("precision 0.333: 1 of 3 alerts");
  }

  @Test
  void anAlertThatComesTwiceIsWrong() {
    cards(Kind.QUICK).forEach(this::take);
    cards(Kind.CLOSING).forEach(this::take);
    assertThat(take(cards(Kind.QUICK).get(0))).endsWith("TWICE");
    assertThat(verdict.isSound()).isFalse();
    assertThat(verdict.text()).contains("alerts that came twice: 1");
  }

  @Test
  void aRecordThatIsNoAlertIsRefused() {
    assertThatThrownBy(() -> verdict.take("{}")).hasMessageContaining("no alert");
  }
}
