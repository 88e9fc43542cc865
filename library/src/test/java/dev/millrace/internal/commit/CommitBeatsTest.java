package dev.millrace.internal.commit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.util.Clock;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.Test;

final class CommitBeatsTest {

  private static final long MS = 1_000_000;
  private static final UUID AT_ZERO = new UUID(7, 0);

  @Test
  void workersWithClocksOfTheirOwnOriginCommitAtTheSameTime() {
    CommitBeats one = beats(AT_ZERO, 1_000_000_500, 40 * MS);
    CommitBeats other = beats(AT_ZERO, 1_000_000_700, 9_000 * MS);
    // From when the clocks show 500 and 700 ms.
    long first = one.nearest(40 * MS, 3_000 * MS) - 40 * MS + 1_000_000_500 * MS;
    long second = other.nearest(9_000 * MS, 3_000 * MS) - 9_000 * MS + 1_000_000_700 * MS;
    assertThat(first).isEqualTo(second);
    assertThat(first % (3_000 * MS)).isZero();
  }

  @Test
  void shorterTransactionsHaveMoreBeats() {
    CommitBeats beats = beats(AT_ZERO, 0, 0);
    assertThat(beats.nearest(3_200 * MS, 3_000 * MS)).isEqualTo(6_000 * MS);
    assertThat(beats.nearest(3_200 * MS, 2_200 * MS)).isEqualTo(6_000 * MS);
    assertThat(beats.nearest(3_200 * MS, 2_000 * MS)).isEqualTo(4_500 * MS);
    assertThat(beats.nearest(3_200 * MS, 1_100 * MS)).isEqualTo(4_500 * MS);
    assertThat(beats.nearest(3_200 * MS, 700 * MS)).isEqualTo(3_750 * MS);
    assertThat(beats.nearest(3_200 * MS, 400 * MS)).isEqualTo(3_750 * MS);
  }

  @Test
  void shortTransactionsHaveNone() {
    assertThat(beats(AT_ZERO, 0, 0).nearest(3_200 * MS, 399 * MS)).isEqualTo(3_599 * MS);
  }

  @Test
  void noTransactionIsLongerThanTheLongest() {
    // The beat at 6,000 ms is nearer, but too far from the beginning.
    assertThat(beats(AT_ZERO, 0, 0).nearest(2_900 * MS, 2_900 * MS)).isEqualTo(3_000 * MS);
  }

  @Test
  void aBeatIsNearTheEndOfTheInterval() {
    CommitBeats beats = beats(new UUID(1, -987_654_321_987L), 1_764_273_600_123L, -77);
    for (long interval = 400 * MS; interval <= 3_000 * MS; interval += 7 * MS) {
      long begin = 17 * interval;
      assertThat(beats.nearest(begin, interval))
          .isBetween(begin, begin + Math.min(3_000 * MS, interval + interval * 3 / 4));
    }
  }

  @Test
  void jobsHaveBeatsOfTheirOwn() {
    CommitBeats other = beats(new UUID(7, 1_200 * MS), 0, 0);
    assertThat(other.nearest(1_300 * MS, 3_000 * MS)).isEqualTo(4_200 * MS);
  }

  private static CommitBeats beats(UUID job, long wallMs, long nanos) {
    return new CommitBeats(
        job, Duration.ofMillis(100), Duration.ofSeconds(3), new StoppedClock(wallMs, nanos));
  }

  private record StoppedClock(long wallMs, long nanos) implements Clock {

    @Override
    public void sleepMs(long millis) {
      throw new AssertionError("Nobody waits for a beat");
    }
  }
}
