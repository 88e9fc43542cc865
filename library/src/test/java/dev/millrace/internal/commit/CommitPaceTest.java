package dev.millrace.internal.commit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

final class CommitPaceTest {

  private static final long MS = 1_000_000;
  private static final BooleanSupplier CAUGHT_UP = () -> true;
  private static final BooleanSupplier BEHIND = () -> false;

  private final CommitPace pace = new CommitPace(100 * MS, 0);

  @Test
  void nothingIsDueWithoutWork() {
    assertThat(pace.isDue(Long.MAX_VALUE, CAUGHT_UP)).isFalse();
    assertThat(pace.nanosUntilDue(0)).isEqualTo(Long.MAX_VALUE);
    assertThat(pace.nanosOfRest(0)).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void aWorkerThatHasCaughtUpCommitsAtOnce() {
    pace.workDone(7 * MS);
    assertThat(pace.isDue(7 * MS, CAUGHT_UP)).isTrue();
    assertThat(pace.nanosOfRest(7 * MS)).isZero();
  }

  @Test
  void aWorkerThatIsBehindCommitsAtTheLongestInterval() {
    pace.workDone(7 * MS);
    assertThat(pace.isDue(106 * MS, BEHIND)).isFalse();
    assertThat(pace.isDue(106 * MS)).isFalse();
    assertThat(pace.nanosUntilDue(106 * MS)).isEqualTo(MS);
    assertThat(pace.isDue(107 * MS, BEHIND)).isTrue();
    assertThat(pace.isDue(107 * MS)).isTrue();
  }

  @Test
  void commitsTakeAQuarterOfTheTimeAtMost() {
    pace.workDone(0);
    pace.committed(5 * MS, 5 * MS);
    pace.workDone(5 * MS);
    assertThat(pace.nanosOfRest(5 * MS)).isEqualTo(15 * MS);
    assertThat(pace.isDue(19 * MS, CAUGHT_UP)).isFalse();
    assertThat(pace.isDue(20 * MS, CAUGHT_UP)).isTrue();
  }

  @Test
  void quickCommitsBeginTenMillisecondsApart() {
    pace.committed(MS, MS);
    pace.workDone(MS);
    assertThat(pace.isDue(9 * MS, CAUGHT_UP)).isFalse();
    assertThat(pace.isDue(10 * MS, CAUGHT_UP)).isTrue();
  }

  @Test
  void noRestIsLongerThanTheLongestInterval() {
    pace.committed(60 * MS, 60 * MS);
    pace.workDone(60 * MS);
    assertThat(pace.isDue(159 * MS, CAUGHT_UP)).isFalse();
    assertThat(pace.isDue(160 * MS, CAUGHT_UP)).isTrue();
  }

  @Test
  void oneSlowCommitDoesNotSetThePace() {
    pace.committed(5 * MS, 5 * MS);
    pace.committed(100 * MS, 30 * MS); // Smoothed it takes 10 ms.
    pace.workDone(100 * MS);
    assertThat(pace.nanosOfRest(100 * MS)).isEqualTo(10 * MS);
  }

  @Test
  void aSinksMinimumOutweighsTheMaximum() {
    CommitPace files = new CommitPace(100 * MS, 1_000 * MS);
    files.workDone(0);
    assertThat(files.isDue(999 * MS, CAUGHT_UP)).isFalse();
    assertThat(files.nanosOfRest(400 * MS)).isEqualTo(600 * MS);
    assertThat(files.isDue(1_000 * MS, BEHIND)).isTrue();
  }

  @Test
  void aSinksMinimumHoldsForAWorkerThatHasCaughtUp() {
    CommitPace files = new CommitPace(10_000 * MS, 1_000 * MS);
    files.workDone(0);
    assertThat(files.isDue(999 * MS, CAUGHT_UP)).isFalse();
    assertThat(files.isDue(1_000 * MS, CAUGHT_UP)).isTrue();
  }

  @Test
  void theAgeCountsFromTheFirstWorkSinceTheCommit() {
    pace.workDone(0);
    pace.workDone(99 * MS);
    assertThat(pace.isDue(100 * MS)).isTrue();
    pace.committed(101 * MS, MS);
    assertThat(pace.isPending()).isFalse();
  }

  @Test
  void hastenedWorkIsDueEvenIfThereIsMoreToDo() {
    pace.committed(60 * MS, 60 * MS);
    pace.workDone(60 * MS);
    pace.hasten(60 * MS);
    assertThat(pace.isDue(60 * MS)).isTrue();
    assertThat(pace.nanosOfRest(60 * MS)).isZero();
  }

  @Test
  void whetherAWorkerHasCaughtUpIsOnlyAskedWhenItMatters() {
    BooleanSupplier unasked =
        () -> {
          throw new AssertionError("It is asked of the consumer, for each partition");
        };
    pace.committed(5 * MS, 5 * MS);
    assertThat(pace.isDue(50 * MS, unasked)).isFalse();
    pace.workDone(6 * MS);
    assertThat(pace.isDue(19 * MS, unasked)).isFalse();
    assertThat(pace.isDue(106 * MS, unasked)).isTrue();
  }

  @Test
  void aCommitIsCalmIfTheWorkerHadCaughtUp() {
    pace.workDone(0);
    assertThat(pace.isDue(MS, CAUGHT_UP)).isTrue();
    pace.committed(2 * MS, MS);
    assertThat(pace.isCalm()).isTrue();
    pace.workDone(2 * MS);
    assertThat(pace.isDue(102 * MS, CAUGHT_UP)).isTrue();
    pace.committed(103 * MS, MS);
    assertThat(pace.isCalm()).isFalse();
  }

  @Test
  void theReadingHasWhatDecidesAndHowOften() {
    assertThat(pace.reading().intervalNanos()).isZero();
    pace.workDone(0);
    assertThat(pace.isDue(0, CAUGHT_UP)).isTrue();
    pace.committed(5 * MS, 5 * MS);
    pace.workDone(5 * MS);
    assertThat(pace.isDue(20 * MS, CAUGHT_UP)).isTrue();
    pace.committed(25 * MS, 5 * MS);
    assertThat(pace.reading())
        .isEqualTo(new CommitPace.Reading(CommitPace.Cause.CAUGHT_UP, 20 * MS, 5 * MS));
    pace.workDone(25 * MS);
    assertThat(pace.isDue(125 * MS, BEHIND)).isTrue();
    pace.committed(130 * MS, 5 * MS);
    assertThat(pace.reading())
        .isEqualTo(new CommitPace.Reading(CommitPace.Cause.BEHIND, 37 * MS, 5 * MS));
    CommitPace files = new CommitPace(100 * MS, 1_000 * MS);
    assertThat(files.reading().cause()).isEqualTo(CommitPace.Cause.SINK);
  }
}
