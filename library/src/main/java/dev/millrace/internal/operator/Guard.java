package dev.millrace.internal.operator;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.error.IncompatibleJobException;
import dev.millrace.error.SinkUnavailableException;
import dev.millrace.error.StateStoreException;
import dev.millrace.internal.util.MalformedBytesException;
import org.jspecify.annotations.Nullable;

/**
 * Carries out an operator's error policy around calls of user code.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class Guard {

  /** User code that may fail. */
  @FunctionalInterface
  public interface Attempt<R> {
    R call() throws Exception;
  }

  /** User code that may fail, and may have nothing to say. */
  @FunctionalInterface
  public interface NullableAttempt<R> {
    @Nullable R call() throws Exception;
  }

  private final String operator;
  private final ErrorPolicy policy;
  private final Failures failures;

  /** Creates the guard of one operator in one task. */
  public Guard(String operator, ErrorPolicy policy, Failures failures) {
    this.operator = operator;
    this.policy = policy;
    this.failures = failures;
  }

  /**
   * Deals with a failed first attempt: tries again as often as the policy says, then gives the
   * record up.
   *
   * @param value what the operator was given; null ahead of decoding
   * @return what a later attempt returned, or null if the record is given up
   */
  public <R> @Nullable R recover(@Nullable Object value, Exception first, Attempt<R> again) {
    return recoverNullable(value, first, again::call);
  }

  /**
   * Throws what is no fault of a record, and what no policy may pass over: state that cannot be
   * read, bytes that nobody here has written.
   */
  public static void throwIfOfState(Exception e) {
    if (e instanceof StateStoreException state) {
      throw state;
    }
    if (e instanceof IncompatibleJobException incompatible) {
      throw incompatible;
    }
    if (e instanceof MalformedBytesException malformed) {
      throw malformed;
    }
  }

  /** {@return the policy it carries out} */
  public ErrorPolicy policy() {
    return policy;
  }

  /** {@return what the guard tells of failures} */
  public Failures failures() {
    return failures;
  }

  /** Gives a record up on which all attempts were made, and says what the operator was given. */
  public void giveUp(Object value, Exception cause) {
    failures.giveUp(operator, policy, value, cause);
  }

  /** Gives a record up for which there is nothing to try again. */
  public void giveUp(Exception cause) {
    failures.giveUp(operator, policy, null, cause);
  }

  /** As {@link #recover}, for code that may return null also when it succeeds. */
  public <R> @Nullable R recoverNullable(
      @Nullable Object value, Exception first, NullableAttempt<R> again) {
    Exception last = first;
    for (int retry = 1; retry <= policy.retries(); retry++) {
      failures.backOff(policy.waitBefore(retry).toMillis());
      try {
        return again.call();
      } catch (Circuit.Broken | SinkUnavailableException | StateStoreException e) {
        throw e; // No fault of the record's.
      } catch (Exception e) {
        e.addSuppressed(last);
        last = e;
      }
    }
    failures.giveUp(operator, policy, value, last);
    return null;
  }
}
