package dev.millrace.internal.operator.process;

import dev.millrace.internal.handle.KeyScope;
import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.state.TransactionRoom;
import dev.millrace.internal.timer.DueRows;
import dev.millrace.internal.timer.OrderedTime;
import dev.millrace.internal.timer.TimeIndex;
import dev.millrace.time.TimeDomain;
import java.util.function.Consumer;

/**
 * The timers of all keys in one time domain: entries of (time, key), so that there is one for each
 * key and time. A call sets and cancels timers of its key, and can be undone.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class TimerRows {

  private final TimeIndex<Object> index;
  private final KeyScope scope;

  TimerRows(RowStore<Object> rows, KeyScope scope, TransactionRoom room, TimeDomain domain) {
    this.index = TimeIndex.of(rows, OrderedTime.code(domain), room);
    this.scope = scope;
  }

  /** Sets a timer of the present key. */
  void set(long timeMs) {
    Row<Object> row = row(timeMs);
    if (!row.exists()) {
      scope.set(row, true);
      index.added(timeMs, row);
    }
  }

  /** Removes a timer of the present key. */
  void cancel(long timeMs) {
    Row<Object> row = row(timeMs);
    if (row.exists()) {
      scope.delete(row);
    }
  }

  private Row<Object> row(long timeMs) {
    return index.row(timeMs, scope.bytes(), scope.offset(), scope.length());
  }

  /** {@return whether a timer may have to fire} */
  boolean isDue(long nowMs) {
    return index.isDue(nowMs);
  }

  /**
   * Fires the timers up to a time in their order, those included that are set meanwhile.
   *
   * @return false if there are more, but the transaction is full
   */
  boolean fire(long nowMs, Consumer<DueRows<Object>> timer) {
    return index.fire(nowMs, timer);
  }
}
