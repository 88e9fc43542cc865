package dev.millrace.internal.query;

import dev.millrace.internal.runtime.Question;
import dev.millrace.internal.runtime.Question.Answer;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An answer that a worker is to give.
 *
 * <p><b>Threads.</b> Confined to the thread that asks.
 */
public final class Pending<A> {

  private final Question<Reading> question;
  private final Function<Answer<Reading>, A> made;

  Pending(Question<Reading> question, Function<Answer<Reading>, A> made) {
    this.question = question;
    this.made = made;
  }

  /** {@return the number of the task that is asked} */
  int task() {
    return question.task();
  }

  /** {@return whether the worker has answered or refused, or the answer is no longer waited for} */
  public boolean isDone() {
    return question.isDone();
  }

  /** Gives the answer up. */
  void forget() {
    question.forget();
  }

  /** {@return the answer, or null if it does not come in time: then it never does} */
  public @Nullable A await(Duration atMost) throws InterruptedException {
    Answer<Reading> answer = question.await(atMost);
    return answer == null ? null : made.apply(answer);
  }
}
