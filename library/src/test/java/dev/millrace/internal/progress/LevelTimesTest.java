package dev.millrace.internal.progress;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Levels of operators, each a commit later than the one before. */
final class LevelTimesTest {

  private static final long UNKNOWN = Long.MIN_VALUE;
  private static final long END = Long.MAX_VALUE;

  private final LevelTimes times = new LevelTimes(3);

  /** Fires all levels that are not held up, the last ones first as a task does. */
  private void fire(long taskTime) {
    for (int level = 2; level >= 0; level--) {
      times.fired(level, times.of(level, taskTime));
    }
  }

  @Test
  void eachLevelGoesOnWithACommit() {
    fire(10);
    assertThat(times.firedUpTo()).isEqualTo(UNKNOWN);
    assertThat(times.committed()).isTrue();
    fire(20);
    assertThat(times.of(1, 20)).isEqualTo(10);
    assertThat(times.of(2, 20)).isEqualTo(UNKNOWN);
    assertThat(times.committed()).isTrue();
    fire(20);
    assertThat(times.of(1, 20)).isEqualTo(20);
    assertThat(times.of(2, 20)).isEqualTo(10);
    assertThat(times.firedUpTo()).isEqualTo(10);
    assertThat(times.isLevel()).isFalse();
    assertThat(times.committed()).isTrue();
    fire(20);
    assertThat(times.firedUpTo()).isEqualTo(20);
    assertThat(times.isLevel()).isTrue();
    assertThat(times.committed()).isFalse();
  }

  @Test
  void theyAwaitACommitWhileItLetsALevelGoOn() {
    assertThat(times.awaitCommit()).isFalse();
    fire(10);
    for (int level = 1; level < 3; level++) {
      assertThat(times.awaitCommit()).isTrue();
      assertThat(times.committed()).isTrue();
      fire(10);
    }
    assertThat(times.awaitCommit()).isFalse();
  }

  @Test
  void aLevelThatHasNotFiredAllHoldsTheNextOne() {
    times.fired(0, 10);
    assertThat(times.committed()).isTrue();
    times.fired(0, 20);
    assertThat(times.committed()).isTrue();
    times.fired(1, 20);
    assertThat(times.of(2, 20)).isEqualTo(UNKNOWN);
    assertThat(times.committed()).isTrue();
    assertThat(times.of(2, 20)).isEqualTo(20);
  }

  @Test
  void aNewOwnerGoesOnWhereTheLevelsWere() {
    times.restore(1, 10);
    times.restore(2, 5);
    times.restore(3, 7);
    assertThat(times.of(0, 20)).isEqualTo(20);
    assertThat(times.of(1, 20)).isEqualTo(10);
    assertThat(times.of(2, 20)).isEqualTo(5);
  }

  @Test
  void onlyAKnownTimeIsHeldBackAndNotTheEnd() {
    assertThat(LevelTimes.delayed(10, 3)).isEqualTo(7);
    assertThat(LevelTimes.delayed(UNKNOWN, 3)).isEqualTo(UNKNOWN);
    assertThat(LevelTimes.delayed(UNKNOWN + 2, 3)).isEqualTo(UNKNOWN + 1);
    assertThat(LevelTimes.delayed(END, 3)).isEqualTo(END);
  }
}
