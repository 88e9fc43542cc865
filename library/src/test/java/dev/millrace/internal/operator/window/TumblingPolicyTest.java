package dev.millrace.internal.operator.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TumblingPolicyTest {

  @ParameterizedTest
  @CsvSource({
    "10, 0, 0, 0, 10",
    "10, 0, 9, 0, 10",
    "10, 0, 10, 10, 20",
    "10, 0, -1, -10, 0",
    "10, 0, -10, -10, 0",
    "10, 0, -11, -20, -10",
    "10, 3, 2, -7, 3",
    "10, 3, 3, 3, 13",
    "10, 3, -8, -17, -7",
    "1, 0, 5, 5, 6"
  })
  void aTimeFallsIntoTheWindowThatHoldsIt(long size, long offset, long time, long start, long end) {
    TumblingPolicy policy = new TumblingPolicy(size, offset);
    assertThat(policy.start(time)).isEqualTo(start);
    assertThat(policy.end(time)).isEqualTo(end);
    assertThat(policy.startOfEnd(end)).isEqualTo(start);
  }

  @Test
  void timesAtBothEndsOfTheRangeDoNotOverflow() {
    TumblingPolicy policy = new TumblingPolicy(300_000, 0);
    assertThat(policy.end(Long.MAX_VALUE)).isEqualTo(Long.MAX_VALUE);
    assertThat(policy.start(Long.MIN_VALUE)).isEqualTo(Long.MIN_VALUE);
    assertThat(policy.start(Long.MAX_VALUE)).isLessThanOrEqualTo(Long.MAX_VALUE).isPositive();
    assertThat(policy.end(Long.MIN_VALUE)).isNegative();
    assertThat(policy.startOfEnd(Long.MAX_VALUE)).isEqualTo(policy.start(Long.MAX_VALUE));
  }

  @Test
  void windowsCoverTimeWithoutOverlapForRandomSizesAndOffsets() {
    long seed = 20_261_121;
    Random random = new Random(seed);
    for (int i = 0; i < 100_000; i++) {
      long size = 1 + random.nextInt(1_000_000);
      TumblingPolicy policy = new TumblingPolicy(size, (long) (random.nextDouble() * size));
      long time = random.nextLong() >> random.nextInt(60);
      long start = policy.start(time);
      long end = policy.end(time);
      assertThat(start <= time && (time < end || end == Long.MAX_VALUE))
          .as("seed %d, %s, time %d in [%d, %d)", seed, policy, time, start, end)
          .isTrue();
      if (start != Long.MIN_VALUE && end != Long.MAX_VALUE) {
        assertThat(end - start).as("seed %d, %s, time %d", seed, policy, time).isEqualTo(size);
        assertThat(policy.end(start)).isEqualTo(end);
        assertThat(policy.start(end)).isEqualTo(end);
      }
    }
  }
}
