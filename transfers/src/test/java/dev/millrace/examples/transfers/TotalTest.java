package dev.millrace.examples.transfers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class TotalTest {

  private final Total total = new Total(1_000);

  private void take(String account, long balance) {
    total.take(account, "{\"account\":\"" + account + "\",\"balance\":" + balance + "}");
  }

  @Test
  void theNewestBalanceOfAnAccountCounts() {
    take("a", -30);
    take("b", 30);
    take("a", 10);
    take("c", -40);
    total.look();
    assertThat(total.hasNeverChanged()).isTrue();
    assertThat(total.line()).contains("1,000", "4 postings").doesNotContain("(");
    assertThat(total.verdict()).startsWith("the total was 1,000 each of the 1 times");
  }

  @Test
  void aTotalThatWasWrongOnceHasChanged() {
    take("a", -30);
    total.look();
    take("b", 30);
    total.look();
    assertThat(total.hasNeverChanged()).isFalse();
    assertThat(total.verdict()).contains("another than 1,000 1 of the 2 times", "it is 1,000");
  }

  @Test
  void whereNothingIsBookedNothingIsShown() {
    total.look();
    assertThat(total.hasNeverChanged()).isFalse();
    assertThat(total.verdict()).isEqualTo("nothing was booked");
  }

  @Test
  void aRecordThatIsNoBalanceIsRefused() {
    assertThatThrownBy(() -> total.take("a", "{}")).hasMessageContaining("no balance");
  }
}
