package dev.millrace.internal.restore;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Only time between two answers that follow each other counts. */
final class AnswerClockTest {

  private final AnswerClock clock = new AnswerClock(1_000);

  @Test
  void theFirstAnswerTakesNoTime() {
    clock.answered(1, true, 500);
    assertThat(clock.nanos(1)).isZero();
  }

  @Test
  void timeBetweenEqualAnswersAddsUp() {
    clock.answered(1, true, 500);
    clock.answered(1, true, 700);
    clock.answered(1, true, 1_000);
    assertThat(clock.nanos(1)).isEqualTo(500);
    assertThat(clock.longerThan(List.of(1, 2), 499)).containsExactly(1);
    assertThat(clock.longerThan(List.of(1, 2), 500)).isEmpty();
  }

  @Test
  void timeWithoutAnAnswerIsLeftOut() {
    clock.answered(1, true, 500);
    clock.answered(1, true, 600);
    clock.unanswered(1);
    clock.answered(1, true, 90_000);
    assertThat(clock.nanos(1)).isEqualTo(100);
    clock.answered(1, true, 90_050);
    assertThat(clock.nanos(1)).isEqualTo(150);
  }

  @Test
  void timeInWhichTheProcessSleptHardlyCounts() {
    clock.answered(1, true, 500);
    clock.answered(1, true, 70_000);
    assertThat(clock.nanos(1)).isEqualTo(1_000);
  }

  @Test
  void anotherAnswerStartsItOver() {
    clock.answered(1, true, 500);
    clock.answered(1, true, 600);
    clock.answered(1, false, 700);
    clock.answered(1, true, 800);
    assertThat(clock.nanos(1)).isZero();
  }
}
