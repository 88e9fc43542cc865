package dev.millrace.sidebyside.driver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.sidebyside.engine.Query;
import dev.millrace.sidebyside.engine.WordJob;
import dev.millrace.sidebyside.figures.Counts;
import org.junit.jupiter.api.Test;

class ResultRuleTest {

  private final Counts counts = new Counts();

  @Test
  void lastCountOfAWordHolds() {
    ResultRule rule = ResultRule.of(WordJob.RUNNING_COUNT, 0);
    assertThat(rule.take("a", "3", counts)).isEqualTo(3);
    assertThat(rule.take("a", "5", counts)).isEqualTo(2);
    assertThat(rule.take("~a", "9", counts)).isZero();
    assertThat(counts.total()).isEqualTo(5);
  }

  @Test
  void resultThatIsThereTwiceIsNotTheSame() {
    ResultRule rule = ResultRule.of(Query.Q0, 0);
    assertThat(rule.take(null, "1,2", counts)).isEqualTo(1);
    assertThat(rule.take(null, "1,2", counts)).isEqualTo(1);
    Counts once = new Counts();
    rule.take(null, "1,2", once);
    assertThat(once.compare(counts).isEqual()).isFalse();
  }

  @Test
  void windowsThatEndLaterDoNotCount() {
    ResultRule rule = ResultRule.of(Query.Q7, 10_000);
    assertThat(rule.take(null, "10000,a", counts)).isEqualTo(1);
    assertThat(rule.take(null, "10001,a", counts)).isZero();
    assertThat(counts.size()).isEqualTo(1);
  }

  @Test
  void partsOfASumAddUp() {
    ResultRule rule = ResultRule.of(Query.Q12, 0);
    rule.take(null, "7,2", counts);
    assertThat(rule.take(null, "7,3", counts)).isEqualTo(3);
    Counts sum = new Counts();
    sum.add("7", 5);
    assertThat(sum.compare(counts).isEqual()).isTrue();
  }
}
