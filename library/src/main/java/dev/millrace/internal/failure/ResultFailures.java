package dev.millrace.internal.failure;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.operator.Failures;
import org.jspecify.annotations.Nullable;

/**
 * The failures of a keyed operator that follows another one in its task. What it fails on is a
 * result of that one, of which the input record that is being processed is only the last cause, if
 * there is one at all: so it is the result that is dropped, or becomes the dead letter.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class ResultFailures implements Failures {

  private final TaskFailures task;

  /** The result that is being processed; null for what comes out of a frame. */
  private @Nullable Object result;

  public ResultFailures(TaskFailures task) {
    this.task = task;
  }

  /** Notes the result that is being processed. */
  public void at(Object newResult) {
    result = newResult;
  }

  /** Notes that no result is being processed. */
  public void atNoResult() {
    result = null;
  }

  @Override
  public void giveUp(String operator, ErrorPolicy policy, @Nullable Object value, Exception cause) {
    Object present = result;
    if (present == null) {
      task.giveUp(operator, policy, value, cause);
      return;
    }
    Origin origin = task.origin();
    task.atNoRecord();
    try {
      task.giveUp(operator, policy, value != null ? value : present, cause);
    } finally {
      task.resume(origin);
    }
  }

  @Override
  public void giveUpResult(String operator, ErrorPolicy policy, Object value, Exception cause) {
    if (result == null) {
      task.giveUpResult(operator, policy, value, cause);
    } else {
      giveUp(operator, policy, value, cause);
    }
  }

  @Override
  public void backOff(long millis) {
    task.backOff(millis);
  }

  @Override
  public void countRetry() {
    task.countRetry();
  }

  @Override
  public Origin origin() {
    return task.origin();
  }

  @Override
  public void resume(Origin origin) {
    task.resume(origin);
  }

  @Override
  public void atNoRecord() {
    result = null;
    task.atNoRecord();
  }
}
