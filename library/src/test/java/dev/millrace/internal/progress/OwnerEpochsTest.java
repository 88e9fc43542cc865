package dev.millrace.internal.progress;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class OwnerEpochsTest {

  private static final long NOW = Instant.parse("2026-03-01T12:00:00Z").toEpochMilli();

  @Test
  void anOwnerFollowsTheLastThatCommittedAndTheClock() {
    assertThat(OwnerEpochs.next(0, -1, NOW)).isEqualTo(NOW);
    assertThat(OwnerEpochs.next(0, NOW, NOW)).isEqualTo(NOW + 1);
    assertThat(OwnerEpochs.next(0, NOW + 5, NOW)).as("a slower clock").isEqualTo(NOW + 6);
  }

  @Test
  void anOwnerOfALaterRunFollowsAllOfEarlierOnes() {
    long before = OwnerEpochs.next(0, -1, NOW + 1_000_000);
    long after = OwnerEpochs.next(1, before, NOW);
    assertThat(after).isGreaterThan(before).isGreaterThan(OwnerEpochs.firstOf(1));
    assertThat(Long.toString(after)).as("run and clock can be read").isEqualTo("1" + NOW);
    assertThat(before).isLessThan(OwnerEpochs.firstOf(1));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7, OwnerEpochs.LAST_RUN})
  void anEpochBelongsToItsRunWhateverTheClockShows(int run) {
    for (long wallMs : new long[] {0, NOW, Long.MAX_VALUE}) {
      long first = OwnerEpochs.next(run, -1, wallMs);
      assertThat(OwnerEpochs.runOf(first)).isEqualTo(run);
      assertThat(OwnerEpochs.runOf(OwnerEpochs.next(run, first, wallMs))).isEqualTo(run);
    }
  }

  @Test
  void noOwnerIsOfTheFirstRun() {
    assertThat(OwnerEpochs.runOf(-1)).isZero();
    assertThat(OwnerEpochs.firstOf(0)).isZero();
  }
}
