package dev.millrace.error;

import java.time.Duration;
import java.util.OptionalInt;

/**
 * The state that was asked for cannot be read here and now, although it exists: nothing is wrong,
 * and the same question may be answered in a while, or by another instance.
 *
 * <p>It is thrown instead of an answer that might be out of date.
 */
public final class StateUnavailableException extends MillraceException {

  private static final long serialVersionUID = 1L;

  /** Why there is no answer. */
  public enum Reason {
    /** The task is not on this instance: another one has it, or it is being moved. */
    ELSEWHERE,
    /** The task is on this instance, and its state is being restored. */
    RESTORING,
    /** The worker did not come to answer in time, or has too many questions already. */
    BUSY,
    /** The instance is stopping, has stopped, or has failed. */
    STOPPED
  }

  private final Reason reason;
  private final String stage;
  private final int task;
  private final Duration retryAfter;

  /**
   * Creates the exception with a whole sentence as its message.
   *
   * @param task the task that has the state; empty if it is not known which one does
   * @param retryAfter after which time it may be worth to ask again
   */
  public StateUnavailableException(
      String message, Reason reason, String stage, OptionalInt task, Duration retryAfter) {
    super(message);
    this.reason = reason;
    this.stage = stage;
    this.task = task.orElse(-1);
    this.retryAfter = retryAfter;
  }

  /** {@return why there is no answer} */
  public Reason reason() {
    return reason;
  }

  /** {@return the stage that has the state} */
  public String stage() {
    return stage;
  }

  /** {@return the task that has the state; empty if it is not known which one does} */
  public OptionalInt task() {
    return task < 0 ? OptionalInt.empty() : OptionalInt.of(task);
  }

  /** {@return whether another instance may answer, now or soon} */
  public boolean mayBeElsewhere() {
    return reason == Reason.ELSEWHERE || reason == Reason.STOPPED;
  }

  /** {@return after which time it may be worth to ask again} */
  public Duration retryAfter() {
    return retryAfter;
  }
}
