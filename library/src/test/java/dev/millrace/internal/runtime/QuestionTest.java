package dev.millrace.internal.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.internal.task.Proof;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class QuestionTest {

  private static final long MS = 1_000_000;

  private static Question<String> question(Duration maxAge) {
    return new Question<>(0, maxAge, state -> "read");
  }

  @Test
  void withoutAnAgeOnlyACommitAfterItsArrivalWillDo() {
    Question<String> question = question(Duration.ZERO);
    Proof third = new Proof(3, 0, 0);
    assertThat(question.isSatisfiedBy(third, 0, 0)).as("it has not been received").isFalse();
    question.received(3);
    assertThat(question.isSatisfiedBy(third, 0, 0)).isFalse();
    assertThat(question.isSatisfiedBy(null, 0, 0)).isFalse();
    assertThat(question.isSatisfiedBy(new Proof(4, 0, 0), 0, 0)).isTrue();
  }

  @Test
  void withAnAgeTheLastCommitWillDoUntilThen() {
    Question<String> question = question(Duration.ofMillis(10));
    question.received(3);
    Proof third = new Proof(3, 5 * MS, 1_005);
    assertThat(question.isSatisfiedBy(third, 15 * MS, 1_015)).isTrue();
    assertThat(question.isSatisfiedBy(third, 15 * MS + 1, 1_015)).isFalse();
    assertThat(question.isSatisfiedBy(new Proof(4, 5 * MS, 1_005), 60 * MS, 1_060))
        .as("a commit after its arrival")
        .isTrue();
    assertThat(question.isSatisfiedBy(null, 0, 0)).isFalse();
  }

  /** A machine that sleeps may stop the clock by which a process measures. */
  @Test
  void anAgeCountsByBothClocks() {
    Question<String> question = question(Duration.ofSeconds(1));
    question.received(3);
    Proof third = new Proof(3, 0, 1_000);
    assertThat(question.isSatisfiedBy(third, 5 * MS, 1_005)).isTrue();
    assertThat(question.isSatisfiedBy(third, 5 * MS, 61_000)).isFalse();
    assertThat(question.isSatisfiedBy(third, 5 * MS, 500)).as("set back").isTrue();
  }

  @Test
  void anAgeWithoutEndIsAnAge() throws Exception {
    Question<String> question = question(Duration.ofSeconds(Long.MAX_VALUE));
    question.received(3);
    assertThat(question.isSatisfiedBy(new Proof(1, 0, 0), Long.MAX_VALUE, Long.MAX_VALUE)).isTrue();
    question.refuse(new IllegalStateException("no"));
    assertThatThrownBy(() -> question.await(Duration.ofSeconds(Long.MAX_VALUE))).hasMessage("no");
  }

  @Test
  void aFailureToReadIsTheAnswer() {
    Question<String> question = question(Duration.ZERO);
    question.answer(
        () -> {
          throw new IllegalStateException("the disk is gone");
        });
    assertThat(question.isDone()).isTrue();
    assertThatThrownBy(() -> question.await(Duration.ZERO)).hasMessage("the disk is gone");
  }

  @Test
  void whoGivesUpHasNoAnswerWhateverComes() throws Exception {
    Question<String> question = question(Duration.ZERO);
    assertThat(question.await(Duration.ZERO)).isNull();
    assertThat(question.isDone()).isTrue();
    question.refuse(new IllegalStateException("late"));
    assertThat(question.await(Duration.ZERO)).isNull();
    Question<String> other = question(Duration.ZERO);
    other.forget();
    assertThat(other.await(Duration.ofSeconds(1))).isNull();
  }
}
