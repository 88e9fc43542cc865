package dev.millrace.internal.operator.pattern;

import dev.millrace.internal.timer.DueRows;
import dev.millrace.internal.timer.TimeIndex;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The entries of partial matches that are due up to a time, fired in steps between which events
 * come: one scan serves all steps, unless a step adds an entry that is due before the next row of
 * the scan.
 *
 * <p><b>Threads.</b> Confined to the task's worker. To be closed before the transaction ends.
 */
final class DueRuns implements WaitingEvents.Before, AutoCloseable {

  private final TimeIndex<Object> index;
  private final long upToMs;
  private final Consumer<DueRows<Object>> action;
  private @Nullable DueRows<Object> open;

  /**
   * Creates a firing that has not begun.
   *
   * @param upToMs the latest time that is due
   * @param action what is done with an entry, which is removed already
   */
  DueRuns(TimeIndex<Object> index, long upToMs, Consumer<DueRows<Object>> action) {
    this.index = index;
    this.upToMs = upToMs;
    this.action = action;
  }

  /** Fires what is due at a time or before. */
  @Override
  public boolean reach(long timeMs) {
    DueRows<Object> due = open;
    if (due == null) {
      if (!index.isDue(timeMs)) {
        return true;
      }
      due = index.due(upToMs);
      open = due;
    }
    while (due.nextUpTo(timeMs)) {
      due.remove();
      action.accept(due);
    }
    if (due.isComplete()) {
      // What is set from here on is not in its scan.
      open = null;
    }
    return due.mayGoOn();
  }

  @Override
  public void close() {
    if (open != null) {
      open.close();
    }
  }
}
