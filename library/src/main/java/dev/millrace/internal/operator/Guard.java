package dev.millrace.internal.operator;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.error.IncompatibleJobException;
import dev.millrace.error.MillraceException;
import dev.millrace.error.SinkUnavailableException;
import dev.millrace.error.StateStoreException;
import dev.millrace.internal.state.store.DamagedStateException;
import dev.millrace.internal.util.MalformedBytesException;
import java.util.Iterator;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The guard around an operator's calls of user code: it carries out the error policy.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class Guard {

  /** User code that may fail. */
  @FunctionalInterface
  public interface Attempt<R> {
    R call() throws Exception;
  }

  /** User code that may fail, and may return null. */
  @FunctionalInterface
  public interface NullableAttempt<R> {
    @Nullable R call() throws Exception;
  }

  /** The making of an operator's input for a further attempt of a call that may have changed it. */
  @FunctionalInterface
  public interface Anew {

    /** The same object: it was made by another operator, which is not called again. */
    Anew NEVER = value -> value;

    /** {@return the value as it was before the first attempt} */
    Object of(Object value) throws Exception;
  }

  /** How far causes are followed, which may lead in a circle. */
  private static final int MAX_CAUSES = 100;

  private final String operator;
  private final ErrorPolicy policy;
  private final Failures failures;
  private final Anew anew;

  /** Creates the guard of one operator in one task. */
  public Guard(String operator, ErrorPolicy policy, Failures failures) {
    this(operator, policy, failures, Anew.NEVER);
  }

  /**
   * Creates the guard of one operator in one task.
   *
   * @param anew makes the operator's input anew
   */
  public Guard(String operator, ErrorPolicy policy, Failures failures, Anew anew) {
    this.operator = operator;
    this.policy = policy;
    this.failures = failures;
    this.anew = anew;
  }

  /**
   * {@return the operator's input for a further attempt: a new object if it is known how it was
   * made}
   */
  public Object anew(Object value) throws Exception {
    return anew.of(value);
  }

  /**
   * Deals with a failed first attempt: tries again as often as the policy allows, then {@linkplain
   * Failures#giveUp drops the record}.
   *
   * @param value the operator's input; null before decoding
   * @return the result of a later attempt, or null if the record was dropped
   */
  public <R> @Nullable R recover(@Nullable Object value, Exception first, Attempt<R> again) {
    return recoverNullable(value, first, again::call);
  }

  /**
   * As {@link #recover}, for a user's bytes that could not be decoded: only here are malformed ones
   * the record's own fault.
   */
  public <R> @Nullable R recoverUndecoded(Exception first, Attempt<R> again) {
    throwIfOfNoRecord(first);
    return retry(null, first, again::call, Guard::throwIfOfNoRecord);
  }

  /** {@return the policy that the guard carries out} */
  public ErrorPolicy policy() {
    return policy;
  }

  /** {@return the handler that the guard reports failures to} */
  public Failures failures() {
    return failures;
  }

  /** Drops a record whose attempts all failed, and reports the operator's input. */
  public void giveUp(Object value, Exception cause) {
    failures.giveUp(operator, policy, value, cause);
  }

  /** Drops a record for which no further attempt makes sense. */
  public void giveUp(Exception cause) {
    failures.giveUp(operator, policy, null, cause);
  }

  /** As {@link #recover}, for code that may return null also when it succeeds. */
  public <R> @Nullable R recoverNullable(
      @Nullable Object value, Exception first, NullableAttempt<R> again) {
    throwIfOfJob(first);
    return retry(value, first, again, Guard::throwIfOfJob);
  }

  /**
   * As {@link #recover}, for a call on several records: they become the dead letter together.
   *
   * @param letter makes it
   */
  public <R> @Nullable R recoverResult(Supplier<Object> letter, Exception first, Attempt<R> again) {
    throwIfOfJob(first);
    return retry(
        first,
        again::call,
        Guard::throwIfOfJob,
        last -> failures.giveUpResult(operator, policy, letter.get(), last));
  }

  /**
   * As {@link #recoverResult}, for a call on so many records that one dead letter might not hold
   * them.
   *
   * @param letters makes the letters, at least one
   */
  public <R> @Nullable R recoverGroup(
      Supplier<Iterator<?>> letters, Exception first, Attempt<R> again) {
    throwIfOfJob(first);
    return retry(first, again::call, Guard::throwIfOfJob, last -> giveUpGroup(letters.get(), last));
  }

  /** The first letter stands for the group where the policy writes none. */
  private void giveUpGroup(Iterator<?> letters, Exception cause) {
    do {
      failures.giveUpResult(operator, policy, letters.next(), cause);
    } while (policy.action() == ErrorPolicy.Action.DEAD_LETTER && letters.hasNext());
  }

  private <R> @Nullable R retry(
      @Nullable Object value,
      Exception first,
      NullableAttempt<R> again,
      Consumer<Exception> throwIfNotOfRecord) {
    return retry(
        first, again, throwIfNotOfRecord, last -> failures.giveUp(operator, policy, value, last));
  }

  private <R> @Nullable R retry(
      Exception first,
      NullableAttempt<R> again,
      Consumer<Exception> throwIfNotOfRecord,
      Consumer<Exception> giveUp) {
    Exception last = first;
    for (int retry = 1; retry <= policy.retries(); retry++) {
      failures.backOff(policy.waitBefore(retry).toMillis());
      try {
        return again.call();
      } catch (Circuit.Broken | SinkUnavailableException e) {
        throw e;
      } catch (Exception e) {
        throwIfNotOfRecord.accept(e);
        if (e != last) { // Some code throws one and the same each time.
          e.addSuppressed(last);
        }
        last = e;
      }
    }
    giveUp.accept(last);
    return null;
  }

  /**
   * Rethrows what no policy for records may pass over: a transaction that has to be repeated, state
   * that cannot be read or written, and bytes in it or in a shuffle that the job did not write.
   */
  static void throwIfOfJob(Exception e) {
    throwIfOfNoRecord(e);
    if (e instanceof MalformedBytesException malformed) {
      throw malformed;
    }
  }

  /** The user's code may have put such an exception into one of its own. */
  private static void throwIfOfNoRecord(Exception e) {
    @Nullable Throwable at = e;
    for (int left = MAX_CAUSES; at != null && left > 0; left--) {
      if (at instanceof InDoubtException
          || at instanceof StateStoreException
          || at instanceof DamagedStateException
          || at instanceof IncompatibleJobException) {
        throw (MillraceException) at;
      }
      at = at.getCause();
    }
  }
}
