package dev.millrace.internal.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.sim.SimClock;
import dev.millrace.internal.task.TransactionSize;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How long a commit waits for the rest of a transaction, and when it does not. */
final class CommitPointTest {

  private static final Duration SILENCE = Duration.ofNanos(CommitPoint.SILENCE_NANOS);
  private static final Duration SHORT = Duration.ofMillis(1);
  private static final Duration LONGEST = SILENCE.multipliedBy(3);

  private final SimClock clock = new SimClock(Instant.EPOCH);
  private final TransactionSize size = new TransactionSize();
  private final WorkerLife life = new WorkerLife();
  private boolean amid;
  private boolean there;
  private boolean room = true;
  private final CommitPoint point =
      new CommitPoint(() -> amid, () -> there, () -> room, size, LONGEST, life, clock);

  @BeforeEach
  void join() {
    life.joined();
  }

  @Test
  void betweenTransactionsNothingWaits() {
    assertThat(point.mustWait()).isFalse();
    assertThat(life.awaitsRest()).isFalse();
    assertThat(point.isBetterLater()).isFalse();
  }

  @Test
  void itWaitsUntilTheTransactionIsWhole() {
    amid = true;
    assertThat(point.isBetterLater()).isTrue();
    assertThat(point.mustWait()).isTrue();
    assertThat(life.awaitsRest()).isTrue();
    assertThat(point.goesOn()).isTrue();
    assertThat(size.pieces()).isEqualTo(1);
    amid = false;
    assertThat(point.mustWait()).isFalse();
    assertThat(life.awaitsRest()).isFalse();
  }

  /** What is taken up meanwhile may make rows smaller, so that there is room again. */
  @Test
  void aCommitThatHasWaitedIsMadeAlsoIfNoneIsDueAnyMore() {
    amid = true;
    assertThat(point.isReached(() -> false)).isFalse();
    assertThat(life.awaitsRest()).isFalse();
    assertThat(point.isReached(() -> true)).isFalse();
    assertThat(life.awaitsRest()).isTrue();
    amid = false;
    assertThat(point.isReached(() -> false)).isTrue();
    assertThat(life.awaitsRest()).isFalse();
    assertThat(point.isReached(() -> false)).isFalse();
  }

  @Test
  void silenceEndsTheWaitAndEachFrameBeginsItAnew() {
    amid = true;
    assertThat(point.mustWait()).isTrue();
    clock.advance(SILENCE.minus(SHORT));
    assertThat(point.mustWait()).isTrue();
    assertThat(point.goesOn()).isTrue();
    clock.advance(SILENCE.minus(SHORT));
    assertThat(point.mustWait()).isTrue();
    assertThat(point.nanosLeft()).isEqualTo(SHORT.toNanos());
    clock.advance(SHORT);
    assertThat(point.mustWait()).isFalse();
    assertThat(life.awaitsRest()).isFalse();
  }

  @Test
  void howeverManyFramesComeTheWaitHasAnEnd() {
    amid = true;
    assertThat(point.mustWait()).isTrue();
    for (Duration spent = SHORT; spent.compareTo(LONGEST) < 0; spent = spent.plus(SHORT)) {
      clock.advance(SHORT);
      assertThat(point.goesOn()).isTrue();
      assertThat(point.mustWait()).isTrue();
    }
    clock.advance(SHORT);
    assertThat(point.goesOn()).isFalse();
    assertThat(point.mustWait()).isFalse();
  }

  @Test
  void whatIsKnownToBeThereIsNotGivenUpForASlowFetch() {
    amid = true;
    there = true;
    assertThat(point.mustWait()).isTrue();
    clock.advance(SILENCE.multipliedBy(2));
    assertThat(point.mustWait()).isTrue();
    assertThat(point.nanosLeft()).isEqualTo(SILENCE.toNanos());
    clock.advance(SILENCE);
    assertThat(point.mustWait()).as("the longest time is over").isFalse();
  }

  @Test
  void withoutRoomItDoesNotWait() {
    amid = true;
    assertThat(point.mustWait()).isTrue();
    room = false;
    assertThat(point.goesOn()).isFalse();
    assertThat(point.mustWait()).isFalse();
    room = true;
    assertThat(point.mustWait()).as("no time was lost, so the next one waits").isTrue();
  }

  @Test
  void waitsInVainAreMadeMoreAndMoreRarely() {
    amid = true;
    for (int unwaited : new int[] {0, 1, 3, 7, 15, 31, 63, 63, 63}) {
      waitInVain();
      assertThat(point.isBetterLater()).isEqualTo(unwaited == 0);
      for (int i = 0; i < unwaited; i++) {
        assertThat(point.mustWait()).as("commit %s of %s", i, unwaited).isFalse();
        life.startsAfresh();
      }
    }
  }

  @Test
  void aWaitThatSucceedsEndsThat() {
    amid = true;
    waitInVain();
    waitInVain();
    assertThat(point.mustWait()).isFalse();
    assertThat(point.mustWait()).isTrue();
    amid = false;
    assertThat(point.mustWait()).isFalse();
    amid = true;
    waitInVain();
    assertThat(point.mustWait()).as("none is left out after the first in vain").isTrue();
  }

  @Test
  void aTransactionThatIsAbortedTakesItsWaitAlong() {
    amid = true;
    assertThat(point.mustWait()).isTrue();
    clock.advance(SILENCE.minus(SHORT));
    life.startsAfresh();
    assertThat(life.awaitsRest()).isFalse();
    assertThat(point.mustWait()).isTrue();
    clock.advance(SHORT);
    assertThat(point.mustWait()).as("the silence counts from the new wait").isTrue();
  }

  private void waitInVain() {
    assertThat(point.mustWait()).isTrue();
    clock.advance(SILENCE);
    assertThat(point.mustWait()).isFalse();
    life.startsAfresh();
  }

  @ParameterizedTest
  @CsvSource({
    "PT0.1S, PT10S, PT3S",
    "PT3.1S, PT10S, PT3.1S",
    "PT5M, PT10S, PT3.333333333S",
    "PT0.1S, PT1S, PT0.333333333S",
  })
  void theLongestWaitIsBoundedByTheTransactionsTimeout(
      Duration interval, Duration timeout, Duration expected) {
    assertThat(CommitPoint.longest(interval, timeout)).isEqualTo(expected);
  }
}
