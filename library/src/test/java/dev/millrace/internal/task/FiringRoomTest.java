package dev.millrace.internal.task;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.sim.SimClock;
import dev.millrace.internal.stage.Counter;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

final class FiringRoomTest {

  private final TransactionSize size = new TransactionSize();
  private boolean full;
  private int looks;
  private final SimClock clock = new SimClock(Instant.EPOCH);
  private final Counter retries = new Counter();
  private final FiringTime time = new FiringTime(size, retries, clock);
  private final FiringRoom room =
      new FiringRoom(
          size,
          () -> {
            looks++;
            return !full;
          },
          time);

  @Test
  void theLookIsTakenAtTheFirstRowAndEverySoManyRows() {
    for (int row = 0; row < FiringRoom.ROWS_BETWEEN_LOOKS; row++) {
      assertThat(room.isLeft()).isTrue();
      assertThat(looks).isEqualTo(1);
    }
    assertThat(room.isLeft()).isTrue();
    assertThat(looks).isEqualTo(2);
  }

  @Test
  void aFullTransactionIsFoundWithTheNextLookAndTakesNothingUntilItEnds() {
    assertThat(room.isLeft()).isTrue();
    full = true;
    int rows = 1;
    while (room.isLeft()) {
      rows++;
    }
    assertThat(rows).isEqualTo(FiringRoom.ROWS_BETWEEN_LOOKS);
    assertThat(room.isLeft()).isFalse();
    assertThat(size.pieces()).isEqualTo(rows);
    full = false;
    size.committed();
    assertThat(room.isLeft()).isTrue();
  }

  @Test
  void whatTakesTheResultsOfAStepIsAskedWithTheLookSoThatAFiringStopsAtFewRows() {
    int[] taken = {0};
    FiringRoom ofStep = room.into(() -> taken[0] < 100);
    while (ofStep.isLeft() && taken[0] < 1_000) {
      taken[0]++;
    }
    assertThat(taken[0]).isEqualTo(2 * FiringRoom.ROWS_BETWEEN_LOOKS);
    taken[0] = 99; // One call has ended: the next stop is not the next row.
    int rows = 0;
    while (ofStep.isLeft() && taken[0] < 1_000) {
      taken[0]++;
      rows++;
    }
    assertThat(rows).isEqualTo(FiringRoom.ROWS_BETWEEN_LOOKS);
    assertThat(size.pieces()).isEqualTo(3 * FiringRoom.ROWS_BETWEEN_LOOKS);
    full = true;
    taken[0] = 0;
    assertThat(ofStep.isLeft()).isFalse();
  }

  @Test
  void whatIsSlowStopsAfterFewRowsAndGoesOnInTheNextTurn() {
    FiringRoom ofStep = room.into(() -> true);
    for (int turn = 0; turn < 5; turn++) {
      time.begin();
      int rows = 0;
      while (ofStep.isLeft()) {
        clock.advance(Duration.ofMillis(100));
        rows++;
      }
      assertThat(rows).isBetween(5, 16);
      assertThat(ofStep.isLeft()).isFalse();
    }
    time.begin();
    int quick = 0;
    while (ofStep.isLeft() && quick < 100_000) {
      clock.advance(Duration.ofNanos(10_000));
      quick++;
    }
    assertThat(quick).isBetween(50_000, 50_016);
  }

  @Test
  void aRowThatIsTriedAgainIsTheLastIfItHasWaited() {
    for (int quick : new int[] {64, 63, 40, 1, 0}) {
      time.begin();
      for (int i = 0; i < quick; i++) {
        assertThat(room.isLeft()).isTrue();
      }
      retries.add(1);
      assertThat(room.isLeft()).isTrue();
      clock.advance(Duration.ofSeconds(1));
      long fired = size.pieces();
      assertThat(room.isLeft()).isFalse();
      size.outlasted(Duration.ofSeconds(1).toNanos());
      size.aborted();
      time.begin();
      size.committed(); // Of nothing, which proves nothing.
      for (long i = 0; i < Math.max(1, fired - 1); i++) {
        assertThat(room.isLeft()).isTrue();
      }
      assertThat(room.isLeft()).as("what has waited is in another transaction").isFalse();
      size.committed();
    }
  }

  @Test
  void aTransactionOfFewPiecesEndsWithTheRowThatFillsIt() {
    size.add();
    size.add();
    size.add();
    size.add();
    size.failed(); // From now on there are two pieces to a transaction.
    assertThat(room.isLeft()).isTrue();
    assertThat(room.isLeft()).isTrue();
    assertThat(room.isLeft()).isFalse();
    assertThat(size.pieces()).isEqualTo(2);
    size.committed();
    int rows = 0;
    while (room.isLeft()) {
      rows++;
    }
    assertThat(rows).isEqualTo(4);
  }
}
