package dev.millrace.error;

import java.time.Duration;

/**
 * A state that exists, but cannot be read here and now: the same question may be answered after
 * {@link #retryAfter}, or by another instance.
 *
 * <p>It is thrown instead of an answer that might be out of date. Its {@linkplain #place place} has
 * the job, the stage that keeps the state, and the task, unless it is not known which one has the
 * key.
 */
public final class StateUnavailableException extends MillraceException {

  private static final long serialVersionUID = 1L;

  /** The reason why there is no answer. */
  public enum Reason {
    /** The task is not on this instance: another one has it, or it is being moved. */
    ELSEWHERE,
    /** The task is on this instance, and its state is being restored. */
    RESTORING,
    /** The worker did not answer in time, has too many questions, or waits for a sink's system. */
    BUSY,
    /** The instance is stopping, has stopped, or has failed. */
    STOPPED
  }

  private final Reason reason;
  private final Duration retryAfter;

  /**
   * Creates the exception with a whole sentence as its message.
   *
   * @param place the job, the stage, and the task if it is known
   * @param retryAfter the time after which it may be worth asking again
   */
  public StateUnavailableException(
      String message, Reason reason, Place place, Duration retryAfter) {
    super(message, place, null);
    this.reason = reason;
    this.retryAfter = retryAfter;
  }

  /** {@return the reason why there is no answer} */
  public Reason reason() {
    return reason;
  }

  /** {@return whether another instance may answer, now or soon} */
  public boolean mayBeElsewhere() {
    return reason == Reason.ELSEWHERE || reason == Reason.STOPPED;
  }

  /** {@return the time after which it may be worth asking again} */
  public Duration retryAfter() {
    return retryAfter;
  }
}
