package dev.millrace.internal.util;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What happens over and over is logged at once, and then now and then. */
final class LogPaceTest {

  private final LogPace pace = new LogPace();

  private static long at(int seconds) {
    return Duration.ofSeconds(seconds).toNanos() - Duration.ofDays(1).toNanos();
  }

  @Test
  void theFirstEventIsLoggedAndThenOneInHalfAMinute() {
    assertThat(pace.isDue(at(0))).isTrue();
    assertThat(pace.takeUnlogged()).isZero();
    assertThat(pace.isDue(at(1))).isFalse();
    assertThat(pace.isDue(at(29))).isFalse();
    assertThat(pace.unlogged()).isEqualTo(2);
    assertThat(pace.isDue(at(30))).isTrue();
    assertThat(pace.takeUnlogged()).isEqualTo(2);
    assertThat(pace.isDue(at(31))).isFalse();
    assertThat(pace.takeUnlogged()).isEqualTo(1);
  }

  @Test
  void newsAreLoggedAtOnce() {
    assertThat(pace.isDue(at(0))).isTrue();
    pace.logNextAtOnce();
    assertThat(pace.isDue(at(1))).isTrue();
    assertThat(pace.isDue(at(2))).isFalse();
  }
}
