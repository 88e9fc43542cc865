package dev.millrace.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class LagLooksTest {

  private static final long LIMIT = 6_400;
  private static final long SHORTEST = LagLooks.SHORTEST.toNanos();
  private static final long LONGEST = LagLooks.LONGEST.toNanos();

  private final LagLooks looks = new LagLooks(LIMIT, 0);

  private boolean isDue(long nowNanos, long frames) {
    return looks.isDue(nowNanos, () -> frames, false);
  }

  @Test
  void theFirstLookIsForWhatFormerCopiesHaveLeft() {
    assertThat(isDue(SHORTEST - 1, 0)).isFalse();
    assertThat(isDue(SHORTEST, 0)).isTrue();
  }

  @Test
  void aCopyThatSendsNothingDoesNotLook() {
    looks.looked(SHORTEST, 1_000);
    assertThat(isDue(SHORTEST + Duration.ofHours(1).toNanos(), 1_000)).isFalse();
  }

  @Test
  void oneThatSendsMuchLooksTwiceASecond() {
    looks.looked(SHORTEST, 1_000);
    assertThat(isDue(2 * SHORTEST - 1, 2_000)).isFalse();
    assertThat(isDue(2 * SHORTEST, 1_099)).isFalse();
    assertThat(isDue(2 * SHORTEST, 1_100)).isTrue();
  }

  @Test
  void oneThatSendsLittleLooksOnceInAWhile() {
    looks.looked(0, 1_000);
    assertThat(isDue(LONGEST - 1, 1_001)).isFalse();
    assertThat(isDue(LONGEST, 1_001)).isTrue();
    looks.looked(LONGEST, 1_001);
    assertThat(isDue(2 * LONGEST, 1_001)).isFalse();
  }

  @Test
  void whileASourceWaitsItIsLookedAtTwiceASecond() {
    looks.looked(SHORTEST, 0);
    assertThat(looks.isDue(2 * SHORTEST, () -> 0, true)).isTrue();
  }

  @Test
  void withoutAnAnswerItIsAskedForAgain() {
    looks.looked(SHORTEST, 0);
    looks.failed(3 * SHORTEST);
    assertThat(isDue(4 * SHORTEST - 1, 0)).isFalse();
    assertThat(isDue(4 * SHORTEST, 0)).isTrue();
  }

  @Test
  void withALimitOfAFewFramesEachCounts() {
    LagLooks few = new LagLooks(2, 0);
    few.looked(0, 7);
    assertThat(few.isDue(SHORTEST, () -> 7, false)).isFalse();
    assertThat(few.isDue(SHORTEST, () -> 8, false)).isTrue();
  }
}
