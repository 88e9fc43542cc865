package dev.millrace.internal.operator.window;

import dev.millrace.internal.operator.Folding;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.KeyedOperator;
import dev.millrace.internal.operator.KeyedRecord;
import dev.millrace.internal.operator.LateOutput;
import dev.millrace.internal.operator.OperatorContext;
import dev.millrace.internal.operator.RowPrefetch;
import dev.millrace.internal.plan.StageWindowAggregate;
import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.timer.DueRows;
import dev.millrace.internal.timer.TimeIndex;
import dev.millrace.internal.timer.TimeKey;
import dev.millrace.internal.window.Slicing;
import dev.millrace.time.TimeDomain;
import dev.millrace.window.Late;

/**
 * Windows that do not overlap: one accumulator per (window end, key), one final result when the
 * window closes.
 *
 * <p>The rows are a time index themselves: window end, then the record's key. Each fired row is
 * deleted, so the rows that are left are the cursor when the transaction fills up midway.
 *
 * <p>I1: every row's end is after the time up to which this operator has fired, or firing is under
 * way.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class DisjointAggregate implements KeyedOperator {

  private final Slicing slicing;
  private final TimeDomain domain;
  private final Folding folding;
  private final TimeIndex<Object> windows;
  private final Guard guard;
  private final WindowResults results;
  private final LateOutput late;
  private final RowPrefetch prefetch;

  /**
   * The time up to which this operator has fired, or is firing: a window that is not after it may
   * be gone already, and must not come back.
   */
  private long firesUpTo;

  /** Creates the operator of one task; firing up to its input watermark may not be complete. */
  DisjointAggregate(StageWindowAggregate plan, Slicing slicing, OperatorContext context) {
    this.slicing = slicing;
    this.domain = plan.domain();
    this.folding = Folding.of(plan.fold(), context.copying(""), context);
    RowStore<Object> rows = context.rows("");
    this.windows = TimeIndex.of(rows, context.room());
    this.guard = context.guard();
    this.results = new WindowResults(plan, context);
    this.late = new LateOutput(plan.rules().late(), context);
    this.firesUpTo = context.firedUpTo(domain);
    this.prefetch = new RowPrefetch(rows);
  }

  @Override
  public RowPrefetch prefetch(int input) {
    return prefetch;
  }

  @Override
  public void want(int input, KeyedRecord record) {
    long end = slicing.sliceEnd(record.timeMs());
    if (end > firesUpTo) {
      TimeKey key = windows.key(end, record.bytes(), record.keyOffset(), record.keyLength());
      prefetch.want(key.array(), 0, key.size(), key.hash());
    }
  }

  @Override
  public void onRecord(int input, KeyedRecord record) {
    if (record.isTooFarAhead()) {
      late.take(record, Late.Reason.TOO_FAR_AHEAD);
      return;
    }
    long end = slicing.sliceEnd(record.timeMs());
    if (end == Slicing.GAP) {
      late.takeFromGap(record);
      return;
    }
    if (end <= firesUpTo) {
      late.take(record, Late.Reason.BEHIND_WATERMARK);
      return;
    }
    Row<Object> row = windows.row(end, record.bytes(), record.keyOffset(), record.keyLength());
    if (folding.foldInto(row, record, guard) != null) {
      windows.added(end, row);
    }
  }

  @Override
  public boolean onTime(TimeDomain moved, long watermarkMs) {
    if (moved != domain || watermarkMs < firesUpTo) {
      return true;
    }
    firesUpTo = watermarkMs;
    // This is done even if time stands still: a firing that filled its transaction is resumed.
    return !windows.isDue(watermarkMs) || fire(watermarkMs);
  }

  private boolean fire(long watermarkMs) {
    try (DueRows<Object> due = windows.due(watermarkMs)) {
      while (due.next()) {
        Object accumulator = due.take();
        long end = due.timeMs();
        results.emit(
            results.key(due.bytes(), due.keyOffset(), due.keyLength()),
            slicing.windowStart(end),
            end,
            accumulator);
      }
      return due.isComplete();
    }
  }
}
