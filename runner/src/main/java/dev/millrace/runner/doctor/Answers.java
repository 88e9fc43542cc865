package dev.millrace.runner.doctor;

import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.ApiException;
import org.jspecify.annotations.Nullable;

/**
 * Waiting for a broker's answer, of which a refusal is one too.
 *
 * <p><b>Threads.</b> Stateless.
 */
final class Answers {

  private static final long LIMIT_SECONDS = 15;

  private Answers() {}

  /** An answer that did not come, or was an error. */
  static final class NoAnswer extends Exception {

    private static final long serialVersionUID = 1L;

    NoAnswer(@Nullable Throwable cause) {
      super(cause == null ? "no answer" : words(cause), cause);
    }

    private static String words(Throwable cause) {
      String message = cause.getMessage();
      return cause.getClass().getSimpleName() + (message == null ? "" : ": " + message);
    }

    /** {@return whether this error is the answer} */
    boolean is(Class<? extends ApiException> error) {
      return error.isInstance(getCause());
    }
  }

  /** {@return the answer} */
  static <T> T to(KafkaFuture<T> question) throws NoAnswer {
    try {
      return question.get(LIMIT_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new NoAnswer(e.getCause());
    } catch (TimeoutException e) {
      throw new NoAnswer(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new NoAnswer(e);
    }
  }

  /** {@return the answer; empty if it is an error, or does not come} */
  static <T> Optional<T> ifAny(KafkaFuture<T> question) {
    try {
      return Optional.ofNullable(to(question));
    } catch (NoAnswer e) {
      return Optional.empty();
    }
  }
}
