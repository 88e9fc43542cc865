package dev.millrace.internal.commit;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class CommitPaceTest {

  private static final long MS = 1_000_000;

  @Test
  void nothingIsDueWithoutWork() {
    CommitPace pace = new CommitPace(100 * MS, 0);
    assertThat(pace.isDue(Long.MAX_VALUE)).isFalse();
    assertThat(pace.nanosUntilDue(0)).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void quickCommitsAreMadeOften() {
    CommitPace pace = new CommitPace(100 * MS, 0);
    pace.workDone(0);
    assertThat(pace.isDue(9 * MS)).isFalse();
    assertThat(pace.isDue(10 * MS)).isTrue();
  }

  @Test
  void slowCommitsAreMadeAtTheLongestInterval() {
    CommitPace pace = new CommitPace(100 * MS, 0);
    pace.committed(60 * MS);
    pace.workDone(0);
    assertThat(pace.isDue(99 * MS)).isFalse();
    assertThat(pace.isDue(100 * MS)).isTrue();
  }

  @Test
  void theIntervalIsFourTimesTheSmoothedDuration() {
    CommitPace pace = new CommitPace(1_000 * MS, 0);
    pace.committed(20 * MS);
    pace.workDone(0);
    assertThat(pace.nanosUntilDue(30 * MS)).isEqualTo(50 * MS);
  }

  @Test
  void aSinksMinimumOutweighsTheMaximum() {
    CommitPace pace = new CommitPace(100 * MS, 1_000 * MS);
    pace.workDone(0);
    assertThat(pace.isDue(999 * MS)).isFalse();
    assertThat(pace.isDue(1_000 * MS)).isTrue();
  }

  @Test
  void theAgeCountsFromTheFirstWorkSinceTheCommit() {
    CommitPace pace = new CommitPace(100 * MS, 0);
    pace.workDone(0);
    pace.workDone(9 * MS);
    assertThat(pace.isDue(10 * MS)).isTrue();
    pace.committed(MS);
    assertThat(pace.isPending()).isFalse();
  }
}
