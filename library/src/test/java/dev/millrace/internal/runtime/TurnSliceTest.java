package dev.millrace.internal.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.commit.CommitPace;
import dev.millrace.internal.sim.SimClock;
import dev.millrace.internal.stage.Counter;
import dev.millrace.internal.task.TransactionSize;
import java.time.Duration;
import java.time.Instant;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;

final class TurnSliceTest {

  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration QUICK = Duration.ofNanos(100);

  private final SimClock clock = new SimClock(Instant.EPOCH);
  private final TransactionSize size = new TransactionSize();
  private final CommitPace pace =
      new CommitPace(
          SECOND.toNanos(), SECOND.toNanos(), Duration.ZERO.toNanos(), () -> true, Long::sum);
  private final Counter retries = new Counter();
  private boolean roomIsLeft = true;
  private Duration longest = Duration.ofNanos(TurnSlice.LONGEST_NANOS);

  /** Takes up pieces until the slice is over; returns how long that took. */
  private Duration taken(IntFunction<Duration> durations) {
    long begun = clock.nanos();
    TurnSlice slice =
        new TurnSlice(
            pace, size, retries, () -> roomIsLeft && !size.isReached(), longest.toNanos(), clock);
    for (int i = 0; slice.goesOn(); i++) {
      clock.advance(durations.apply(i));
    }
    assertThat(slice.isOver()).isTrue();
    return Duration.ofNanos(clock.nanos() - begun);
  }

  @Test
  void itIsTimeToPollAgainLongBeforeALargeTransactionIsDue() {
    assertThat(taken(i -> QUICK)).isBetween(Duration.ofMillis(100), Duration.ofMillis(101));
    assertThat(pace.isDue(clock.nanos())).isFalse();
  }

  @Test
  void readersThatAreToStayTogetherTakeShortTurns() {
    longest = Duration.ofNanos(TurnSlice.SHORT_NANOS);
    assertThat(taken(i -> QUICK)).isBetween(Duration.ofMillis(10), Duration.ofMillis(11));
  }

  @Test
  void aPieceThatTakesLongIsTheLast() {
    assertThat(taken(i -> SECOND.multipliedBy(5))).isEqualTo(SECOND.multipliedBy(5));
    assertThat(size.pieces()).isEqualTo(2); // The second is not taken up.
  }

  @Test
  void piecesThatSuddenlyTakeLongAreNoticedAfterAFew() {
    Duration slow = SECOND;
    assertThat(taken(i -> i < 10_000 ? QUICK : slow)).isLessThan(slow.multipliedBy(17));
  }

  @Test
  void aPieceThatIsTriedAgainIsTheLastHoweverQuickOthersWere() {
    for (int quick : new int[] {10_000, 10_001, 10_007, 10_015}) {
      Duration took =
          taken(
              i -> {
                if (i < quick) {
                  return QUICK;
                }
                retries.add(1);
                return SECOND;
              });
      assertThat(took).isBetween(SECOND, SECOND.plusMillis(2));
      assertThat(size.pieces()).isEqualTo(quick + 2);
      size.outlasted(SECOND.toNanos());
      size.aborted();
      pace.aborted();
      Duration repeated = taken(i -> QUICK);
      assertThat(repeated).isLessThan(Duration.ofMillis(2));
      assertThat(size.isReached()).isTrue();
      assertThat(size.pieces()).as("without what took long").isEqualTo(quick + 1);
      size.committed();
      pace.committed(clock.nanos(), 0);
    }
  }

  @Test
  void aCallThatSuddenlyTakesLongIsNoticedAtOnce() {
    Duration call = Duration.ofNanos(150_000);
    assertThat(taken(i -> i < 100 ? call : SECOND)).isLessThan(SECOND.multipliedBy(3));
  }

  @Test
  void itEndsWhenACommitIsDue() {
    pace.workDone(clock.nanos());
    clock.advance(Duration.ofMillis(990));
    assertThat(taken(i -> QUICK)).isBetween(Duration.ofMillis(10), Duration.ofMillis(11));
  }

  @Test
  void itEndsWhenTheTransactionIsFull() {
    assertThat(
            taken(
                i -> {
                  roomIsLeft = i < 5_000;
                  return QUICK;
                }))
        .isLessThan(Duration.ofNanos(100 * 6_100));
    assertThat(pace.isDue(clock.nanos())).isFalse();
  }
}
