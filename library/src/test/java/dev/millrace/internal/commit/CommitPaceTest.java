package dev.millrace.internal.commit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.commit.CommitPace.Backlog;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

final class CommitPaceTest {

  private static final long MS = 1_000_000;
  private static final long SECOND = 1_000 * MS;
  private static final Supplier<Backlog> CAUGHT_UP = () -> Backlog.NONE;
  private static final Supplier<Backlog> BEHIND = () -> Backlog.SOME;

  private boolean results = true;
  private final CommitPace pace = new CommitPace(100 * MS, 3 * SECOND, 0, () -> results, Long::sum);

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
  void aWorkerThatHasJustFallenBehindCommitsAtTheShortestInterval() {
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
  void noRestIsLongerThanTheShortestInterval() {
    pace.committed(60 * MS, 60 * MS);
    pace.workDone(60 * MS);
    assertThat(pace.isDue(159 * MS, CAUGHT_UP)).isFalse();
    assertThat(pace.isDue(160 * MS, CAUGHT_UP)).isTrue();
  }

  @Test
  void slowCommitsDoNotSetThePaceUnlessMostAreSlow() {
    long now = 0;
    for (int i = 0; i < 4; i++) {
      now += 100 * MS;
      pace.committed(now, 5 * MS);
    }
    for (int i = 0; i < 3; i++) {
      now += 100 * MS;
      pace.committed(now, 20 * MS);
      pace.workDone(now);
      assertThat(pace.nanosOfRest(now)).as("after slow commits: " + (i + 1)).isZero();
    }
    now += 100 * MS;
    pace.committed(now, 20 * MS);
    pace.workDone(now);
    assertThat(pace.nanosOfRest(now)).isEqualTo(60 * MS);
  }

  @Test
  void whoAsksGetsACommitOfNothing() {
    pace.committed(5 * MS, 5 * MS);
    assertThat(pace.isPending()).isFalse();
    pace.asked(6 * MS);
    assertThat(pace.isPending()).isTrue();
    assertThat(pace.isDue(19 * MS, CAUGHT_UP)).as("a quarter of the time at most").isFalse();
    assertThat(pace.nanosOfRest(19 * MS)).isEqualTo(MS);
    assertThat(pace.isDue(20 * MS, CAUGHT_UP)).isTrue();
    pace.committed(25 * MS, 5 * MS);
    assertThat(pace.isPending()).isFalse();
  }

  @Test
  void whoAsksEndsASilentTransaction() {
    results = false;
    pace.workDone(0);
    assertThat(pace.isDue(50 * MS, CAUGHT_UP)).isFalse();
    pace.asked(60 * MS);
    assertThat(pace.isSilent()).isFalse();
    assertThat(pace.isDue(60 * MS, CAUGHT_UP)).isTrue();
    pace.committed(61 * MS, MS);
    pace.workDone(70 * MS);
    assertThat(pace.isSilent()).isTrue();
  }

  @Test
  void whoAsksAWorkerThatIsBehindWaitsUntilCommitsTakeATenthOfTheTime() {
    pace.workDone(0);
    pace.committed(100 * MS, 4 * MS);
    pace.workDone(101 * MS);
    pace.asked(101 * MS);
    assertThat(pace.isDue(135 * MS, BEHIND)).isFalse();
    assertThat(pace.isDue(136 * MS, BEHIND)).isTrue();
  }

  @Test
  void anAbortForgetsWhoHasAsked() {
    pace.asked(MS);
    pace.aborted();
    assertThat(pace.isPending()).isFalse();
    pace.workDone(2 * MS);
    assertThat(pace.isDue(3 * MS, BEHIND)).isFalse();
  }

  @Test
  void aSinksMinimumOutweighsTheMaximum() {
    CommitPace files = new CommitPace(100 * MS, 300 * MS, 1_000 * MS, () -> results, Long::sum);
    files.workDone(0);
    assertThat(files.isDue(999 * MS, CAUGHT_UP)).isFalse();
    assertThat(files.nanosOfRest(400 * MS)).isEqualTo(600 * MS);
    assertThat(files.isDue(1_000 * MS, BEHIND)).isTrue();
  }

  @Test
  void aSinksMinimumHoldsForAWorkerThatHasCaughtUp() {
    CommitPace files =
        new CommitPace(10_000 * MS, 10_000 * MS, 1_000 * MS, () -> results, Long::sum);
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
  void whatThereIsToDoIsOnlyAskedWhenItMatters() {
    Supplier<Backlog> unasked =
        () -> {
          throw new AssertionError("It is asked of the consumer, for each partition");
        };
    pace.committed(5 * MS, 5 * MS);
    pace.workDone(6 * MS);
    assertThat(pace.isDue(19 * MS, unasked)).isFalse();
  }

  @Test
  void aCommitIsCalmIfTheWorkerHadCaughtUp() {
    pace.workDone(0);
    assertThat(pace.isDue(MS, CAUGHT_UP)).isTrue();
    pace.committed(2 * MS, MS);
    assertThat(pace.isCalm()).isTrue();
    pace.workDone(2 * MS);
    assertThat(pace.isDue(102 * MS, BEHIND)).isTrue();
    pace.committed(103 * MS, MS);
    assertThat(pace.isCalm()).isFalse();
  }

  @Test
  void aWorkerWhoseCommitsAreSlowHasCaughtUpAllTheSame() {
    long now = 60 * MS;
    pace.committed(now, 60 * MS);
    for (int i = 0; i < 10; i++) {
      pace.workDone(now);
      assertThat(pace.isDue(now + 99 * MS, CAUGHT_UP)).isFalse();
      assertThat(pace.isDue(now + 100 * MS, CAUGHT_UP)).isTrue();
      now += 160 * MS;
      pace.committed(now, 60 * MS);
      assertThat(pace.isCalm()).isTrue();
    }
  }

  /** Commits of a worker that is behind; returns their intervals in milliseconds. */
  private List<Long> backlog(long fromNanos, int commits, long commitNanos) {
    List<Long> intervals = new ArrayList<>();
    long now = fromNanos;
    for (int i = 0; i < commits; i++) {
      pace.workDone(now);
      long interval = pace.nanosUntilDue(now);
      intervals.add(interval / MS);
      now += interval;
      assertThat(pace.isDue(now - 1, BEHIND)).isFalse();
      assertThat(pace.isDue(now, BEHIND)).isTrue();
      now += commitNanos;
      pace.committed(now, commitNanos);
    }
    return intervals;
  }

  @Test
  void transactionsGrowToAQuarterOfTheTimeBehind() {
    // Of five commits the last begins 400 ms after the worker fell behind.
    assertThat(backlog(0, 8, 0)).containsExactly(100L, 100L, 100L, 100L, 100L, 125L, 156L, 195L);
  }

  @Test
  void transactionsGrowToTenTimesACommitButOnlyDouble() {
    assertThat(backlog(0, 5, 50 * MS)).containsExactly(100L, 200L, 400L, 500L, 500L);
  }

  @Test
  void transactionsGrowToTheLongestInterval() {
    assertThat(backlog(0, 8, 500 * MS))
        .containsExactly(100L, 200L, 400L, 800L, 1_600L, 3_000L, 3_000L, 3_000L);
  }

  @Test
  void afterItHadCaughtUpAWorkerBeginsFromTheShortestInterval() {
    backlog(0, 6, 500 * MS);
    pace.workDone(20 * SECOND);
    // Amid a large transaction: at once, unless the last commit was just before.
    assertThat(pace.nanosUntilDue(20 * SECOND)).isEqualTo(3 * SECOND);
    assertThat(pace.isDue(20 * SECOND + 300 * MS, CAUGHT_UP)).isTrue();
    pace.committed(21 * SECOND, 500 * MS);
    assertThat(backlog(21 * SECOND, 3, 0)).startsWith(100L, 200L);
  }

  @Test
  void aWorkerThatWasIdleHasCaughtUp() {
    backlog(0, 6, 500 * MS);
    assertThat(pace.isDue(20 * SECOND, CAUGHT_UP)).isFalse();
    assertThat(backlog(40 * SECOND, 1, 0)).containsExactly(100L);
  }

  @Test
  void whatBrokersDoNotHandOverIsStillABacklog() {
    backlog(0, 6, 500 * MS);
    pace.workDone(20 * SECOND);
    assertThat(pace.isDue(20 * SECOND + 99 * MS, () -> Backlog.OUT_OF_REACH)).isFalse();
    assertThat(pace.isDue(20 * SECOND + 100 * MS, () -> Backlog.OUT_OF_REACH)).isTrue();
    pace.committed(20 * SECOND + 600 * MS, 500 * MS);
    assertThat(pace.isCalm()).isFalse();
    assertThat(backlog(21 * SECOND, 1, 0)).containsExactly(3_000L);
  }

  @Test
  void answersThatAreMissingAreWaitedForAndAreNoBacklog() {
    backlog(0, 6, 500 * MS);
    pace.workDone(20 * SECOND);
    assertThat(pace.isDue(20 * SECOND + 99 * MS, () -> Backlog.ANSWERS)).isFalse();
    assertThat(pace.isDue(20 * SECOND + 100 * MS, () -> Backlog.ANSWERS)).isTrue();
    pace.committed(20 * SECOND + 600 * MS, 500 * MS);
    assertThat(backlog(21 * SECOND, 1, 0)).containsExactly(100L);
  }

  @Test
  void afterAnAbortTransactionsGrowAnewFromTheShortest() {
    backlog(0, 6, 500 * MS);
    pace.workDone(20 * SECOND);
    pace.aborted();
    assertThat(backlog(21 * SECOND, 4, 0)).containsExactly(100L, 200L, 400L, 800L);
  }

  @Test
  void aSinksMinimumIsTheShortestInterval() {
    CommitPace files = new CommitPace(100 * MS, 300 * MS, SECOND, () -> results, Long::sum);
    files.committed(SECOND, SECOND);
    files.workDone(2 * SECOND);
    assertThat(files.nanosUntilDue(2 * SECOND)).isEqualTo(SECOND);
  }

  @Test
  void hastenedWorkOfALargeTransactionIsDue() {
    backlog(0, 6, 500 * MS);
    pace.workDone(20 * SECOND);
    pace.hasten(20 * SECOND);
    assertThat(pace.isDue(20 * SECOND)).isTrue();
  }

  @Test
  void whatATransactionTakesUpPerShortestIntervalIsAShareOfIt() {
    assertThat(pace.perShortestInterval(1_000, 0)).isEqualTo(1_000);
    pace.workDone(0);
    assertThat(pace.perShortestInterval(1_000, 100 * MS)).isEqualTo(1_000);
    assertThat(pace.perShortestInterval(1_000, SECOND)).isEqualTo(100);
  }

  // ------------------------------------------------------------------ beats

  @Test
  void anIntervalEndsWithTheLastBeatInIt() {
    CommitPace beating =
        new CommitPace(
            100 * MS,
            3 * SECOND,
            0,
            () -> results,
            (begin, interval) -> (begin + interval) / (250 * MS) * 250 * MS);
    beating.workDone(0);
    beating.committed(1_100 * MS, 50 * MS);
    beating.workDone(1_110 * MS); // 500 ms for a commit of 50, but only twice the first interval.
    assertThat(beating.nanosUntilDue(1_110 * MS)).isEqualTo(140 * MS);
    beating.committed(1_300 * MS, 50 * MS);
    beating.workDone(1_310 * MS);
    assertThat(beating.nanosUntilDue(1_310 * MS)).as("400 ms, up to 1,500").isEqualTo(190 * MS);
    beating.hasten(1_320 * MS);
    assertThat(beating.nanosUntilDue(1_320 * MS)).isZero();
  }

  @Test
  void noBeatMakesAnIntervalShorterThanTheShortest() {
    CommitPace beating =
        new CommitPace(100 * MS, 3 * SECOND, 0, () -> results, (begin, interval) -> begin);
    beating.workDone(7 * MS);
    assertThat(beating.nanosUntilDue(7 * MS)).isEqualTo(100 * MS);
  }

  // ------------------------------------------------------------------ nothing to show

  @Test
  void whatNobodyWouldSeeWaitsForTheLongestInterval() {
    results = false;
    pace.workDone(0);
    assertThat(pace.isSilent()).isTrue();
    assertThat(pace.nanosUntilDue(SECOND)).isEqualTo(2 * SECOND);
    assertThat(pace.isDue(2_999 * MS, CAUGHT_UP)).isFalse();
    assertThat(pace.isDue(2_999 * MS, BEHIND)).isFalse();
    assertThat(pace.isDue(2_999 * MS, () -> Backlog.OUT_OF_REACH)).isFalse();
    assertThat(pace.isDue(2_999 * MS, () -> Backlog.ANSWERS)).isFalse();
    assertThat(pace.isDue(3_000 * MS, BEHIND)).isTrue();
    assertThat(pace.isDue(3_000 * MS, CAUGHT_UP)).isTrue();
  }

  @Test
  void asSoonAsThereIsSomethingToSeeItIsCommitted() {
    pace.committed(0, 5 * MS);
    results = false;
    pace.workDone(SECOND);
    assertThat(pace.isDue(2 * SECOND, CAUGHT_UP)).isFalse();
    results = true;
    assertThat(pace.isDue(2 * SECOND + MS, CAUGHT_UP)).isTrue();
    assertThat(pace.isSilent()).isFalse();
  }

  @Test
  void itIsNotForgottenThatThereWasSomethingToSee() {
    pace.committed(MS, 5 * MS);
    pace.workDone(2 * MS);
    results = false;
    assertThat(pace.isDue(3 * MS, CAUGHT_UP)).isFalse();
    assertThat(pace.isDue(30 * MS, CAUGHT_UP)).isTrue();
    pace.committed(40 * MS, 5 * MS);
    pace.workDone(100 * MS);
    assertThat(pace.isDue(200 * MS, CAUGHT_UP)).as("the next one is another").isFalse();
  }

  @Test
  void whoIsBehindCountsTheIntervalFromWhereThereWasSomethingToSee() {
    results = false;
    pace.workDone(0);
    assertThat(pace.isDue(SECOND, CAUGHT_UP)).isFalse();
    pace.workDone(2 * SECOND); // It has fallen behind anew.
    assertThat(pace.isDue(2_040 * MS, BEHIND)).isFalse();
    results = true;
    assertThat(pace.isDue(2_050 * MS, BEHIND)).isFalse();
    assertThat(pace.isDue(2_139 * MS, BEHIND)).isFalse();
    assertThat(pace.isDue(2_140 * MS, BEHIND)).isTrue();
    pace.committed(2_190 * MS, 50 * MS);
    pace.workDone(2_190 * MS);
    assertThat(pace.nanosUntilDue(2_190 * MS)).as("it grows from there").isEqualTo(200 * MS);
  }

  @Test
  void fromTheFirstWorkNoTransactionIsLongerThanTheLongestInterval() {
    backlog(0, 8, 500 * MS);
    results = false;
    pace.workDone(20 * SECOND);
    assertThat(pace.isDue(22 * SECOND, BEHIND)).isFalse();
    results = true;
    assertThat(pace.isDue(22_500 * MS, BEHIND)).isFalse();
    assertThat(pace.nanosUntilDue(22_500 * MS)).isEqualTo(500 * MS);
    assertThat(pace.isDue(23 * SECOND, BEHIND)).isTrue();
  }

  @Test
  void aWorkerThatWasSilentAndHadCaughtUpBeginsFromTheShortestInterval() {
    backlog(0, 8, 500 * MS);
    results = false;
    pace.workDone(20 * SECOND);
    assertThat(pace.isDue(21 * SECOND, CAUGHT_UP)).isFalse();
    pace.workDone(22 * SECOND);
    results = true;
    assertThat(pace.isDue(22_050 * MS, BEHIND)).isFalse();
    assertThat(pace.nanosUntilDue(22_050 * MS)).isEqualTo(50 * MS);
  }

  @Test
  void afterAnAbortSilenceGrowsAnewFromTheShortest() {
    results = false;
    pace.workDone(0);
    pace.aborted();
    long now = 0;
    for (long expected : new long[] {100, 200, 400, 800, 1_600, 3_000, 3_000}) {
      pace.workDone(now);
      assertThat(pace.nanosUntilDue(now)).isEqualTo(expected * MS);
      now += expected * MS;
      assertThat(pace.isDue(now, CAUGHT_UP)).isTrue();
      pace.committed(now, 5 * MS);
    }
  }

  @Test
  void hastenedWorkIsDueWithNothingToSee() {
    results = false;
    pace.workDone(0);
    pace.hasten(MS);
    assertThat(pace.isDue(MS, BEHIND)).isTrue();
  }

  @Test
  void aSinksMinimumCountsFromTheFirstWork() {
    CommitPace files = new CommitPace(100 * MS, 3 * SECOND, SECOND, () -> results, Long::sum);
    results = false;
    files.workDone(0);
    assertThat(files.isDue(2_500 * MS, CAUGHT_UP)).isFalse();
    results = true;
    assertThat(files.isDue(2_600 * MS, CAUGHT_UP)).isTrue();
  }

  @Test
  void whoHasCaughtUpAndIsSilentLooksAsOftenAsItWouldCommit() {
    pace.committed(5 * MS, 5 * MS);
    results = false;
    pace.workDone(100 * MS);
    assertThat(pace.nanosOfRest(100 * MS)).as("not known to have caught up").isZero();
    assertThat(pace.isDue(100 * MS, CAUGHT_UP)).isFalse();
    assertThat(pace.nanosOfRest(101 * MS)).isEqualTo(19 * MS);
    pace.workDone(110 * MS);
    assertThat(pace.nanosOfRest(120 * MS)).isEqualTo(10 * MS);
    assertThat(pace.isDue(121 * MS, BEHIND)).isFalse();
    assertThat(pace.nanosOfRest(121 * MS)).isZero();
  }

  @Test
  void noLookIsFurtherAwayThanTheShortestInterval() {
    pace.committed(SECOND, SECOND);
    results = false;
    pace.workDone(2 * SECOND);
    assertThat(pace.isDue(2 * SECOND, CAUGHT_UP)).isFalse();
    assertThat(pace.nanosOfRest(2 * SECOND)).isEqualTo(100 * MS);
  }

  @Test
  void theReadingHasThatThereWasNothingToShow() {
    results = false;
    pace.workDone(0);
    assertThat(pace.isDue(10 * MS, CAUGHT_UP)).isFalse();
    results = true;
    assertThat(pace.isDue(SECOND, CAUGHT_UP)).isTrue();
    pace.committed(SECOND, 5 * MS);
    assertThat(pace.reading().cause()).isEqualTo(CommitPace.Cause.NOTHING_TO_SHOW);
    pace.workDone(2 * SECOND);
    assertThat(pace.isDue(2 * SECOND, CAUGHT_UP)).isTrue();
    pace.committed(2 * SECOND, 5 * MS);
    assertThat(pace.reading().cause()).isEqualTo(CommitPace.Cause.CAUGHT_UP);
    results = false;
    pace.workDone(3 * SECOND);
    assertThat(pace.isDue(6 * SECOND, BEHIND)).isTrue();
    pace.committed(6 * SECOND, 5 * MS);
    assertThat(pace.reading().cause())
        .as("it was not the silence")
        .isEqualTo(CommitPace.Cause.BEHIND);
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
    CommitPace files = new CommitPace(100 * MS, 300 * MS, 1_000 * MS, () -> results, Long::sum);
    assertThat(files.reading().cause()).isEqualTo(CommitPace.Cause.SINK);
  }
}
