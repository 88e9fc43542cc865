package dev.millrace.internal.operator.join;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.timer.OrderedTime;
import dev.millrace.internal.util.ByteWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When the records of a join go, on either side. */
final class ReachTest {

  private static final JoinPlace ANY = JoinPlace.ofKeys();
  private static final long[] TIMES = {
    Long.MIN_VALUE, Long.MIN_VALUE + 3, -7, 0, 7, Reach.LAST_MS - 3, Reach.LAST_MS
  };

  /** One that is to be gone before it is due would wake its key, and stay, again and again. */
  @ParameterizedTest
  @CsvSource({
    "0, 10",
    "-10, 0",
    "-5, 15",
    "-15, 5",
    "5, 10",
    "-10, -5",
    "0, 0",
    "-9223372036854775807, 0",
    "0, 9223372036854775807"
  })
  void aRecordIsNotToBeGoneBeforeItIsDueNorMuchLater(long lowerMs, long upperMs) {
    Reach left = Reach.interval(lowerMs, upperMs);
    Reach right = Reach.interval(-upperMs, -lowerMs);
    for (long timeMs : TIMES) {
      long last = Math.max(left.dueMs(ANY, timeMs), right.dueMs(ANY, timeMs));
      for (Reach side : new Reach[] {left, right}) {
        assertThat(side.goneMs(ANY, timeMs))
            .as("%s at %d", side, timeMs)
            .isGreaterThanOrEqualTo(side.dueMs(ANY, timeMs))
            .isEqualTo(last);
      }
    }
  }

  @Test
  void inAWindowAllGoWithIt() {
    Reach reach = Reach.window();
    JoinPlace place = JoinPlace.ofWindows();
    for (long endMs : new long[] {Long.MIN_VALUE + 1, -10, 0, 10, Long.MAX_VALUE}) {
      ByteWriter bytes = new ByteWriter();
      OrderedTime.write(bytes, endMs);
      place.move(bytes.toByteArray(), 0, bytes.size());
      long lastMs = Math.min(endMs - 1, Reach.LAST_MS);
      assertThat(reach.dueMs(place, endMs - 5)).isEqualTo(lastMs);
      assertThat(reach.goneMs(place, endMs - 5)).isEqualTo(lastMs);
    }
  }
}
