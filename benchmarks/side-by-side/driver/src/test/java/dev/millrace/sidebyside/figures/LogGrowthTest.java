package dev.millrace.sidebyside.figures;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class LogGrowthTest {

  private final LogGrowth growth = new LogGrowth();

  @Test
  void whatWasThereBeforeDoesNotCount() {
    assertThat(growth.look(Map.of("a", 100L))).isZero();
    assertThat(growth.look(Map.of("a", 130L))).isEqualTo(30);
  }

  @Test
  void newLogCountsFromItsFirstByte() {
    growth.look(Map.of("a", 100L));
    assertThat(growth.look(Map.of("a", 100L, "b", 7L))).isEqualTo(7);
  }

  @Test
  void logThatLosesItsBeginningHasStillBeenWritten() {
    growth.look(Map.of("a", 0L));
    growth.look(Map.of("a", 100L));
    growth.look(Map.of("a", 20L));
    assertThat(growth.look(Map.of("a", 50L))).isEqualTo(130);
  }
}
