package dev.millrace.internal.operator;

import dev.millrace.function.Collector;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The results of a call of a function that may have several: they are held back until it returns,
 * so that a failed attempt emits none, and refused afterwards, since they would be those of another
 * call.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class CallResults implements Collector<Object> {

  private final String function;
  private final String whenNull;
  private final List<Object> results = new ArrayList<>();
  private boolean isOpen;

  /**
   * Creates the results of all calls of a function, which take turns.
   *
   * @param function what is called
   * @param whenNull the failure of an attempt that emits null
   */
  public CallResults(String function, String whenNull) {
    this.function = function;
    this.whenNull = whenNull;
  }

  /** Begins an attempt, with no results. */
  public void begin() {
    results.clear();
    isOpen = true;
  }

  @Override
  public void emit(@Nullable Object result) {
    if (!isOpen) {
      throw new IllegalStateException(
          "Cannot emit a result of "
              + function
              + ": its call is over. Use the collector inside of the call only");
    }
    if (result == null) {
      throw new NullPointerException(whenNull);
    }
    results.add(result);
  }

  /** Ends the call: the function cannot emit any more. */
  public void end() {
    isOpen = false;
  }

  /** Passes the results of the call on, all with the same time and kind. */
  public void passOn(Output next, long timeMs, int kind) {
    for (int i = 0; i < results.size(); i++) {
      next.emit(results.get(i), timeMs, kind);
    }
  }

  /** Drops the results. */
  public void clear() {
    results.clear();
  }
}
