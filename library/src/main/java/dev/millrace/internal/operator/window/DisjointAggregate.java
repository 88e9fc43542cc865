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
import dev.millrace.internal.state.TransactionRoom;
import dev.millrace.internal.timer.DueRows;
import dev.millrace.internal.timer.TimeIndex;
import dev.millrace.internal.timer.TimeKey;
import dev.millrace.internal.type.Types;
import dev.millrace.internal.window.Slicing;
import dev.millrace.time.TimeDomain;
import dev.millrace.window.Late;
import org.jspecify.annotations.Nullable;

/**
 * Windows that do not overlap: one accumulator per (window end, key), one final result when the
 * window closes.
 *
 * <p>A window that begins in the open transaction is {@linkplain FreshWindows in memory} until the
 * commit, and fires from there; all others have rows. The rows are a time index themselves: window
 * end, then the record's key. Each fired row is deleted, so the rows that are left are the cursor
 * when the transaction fills up midway; what is left of a window in memory becomes rows then.
 *
 * <p>I1: the end of every window is after the time up to which this operator has fired, or firing
 * is under way. I2: windows fire in the order of their ends, and each in the order of keys,
 * wherever they are.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class DisjointAggregate implements KeyedOperator {

  private final Slicing slicing;
  private final TimeDomain domain;
  private final Folding folding;
  private final TimeIndex<Object> windows;
  private final FreshWindows fresh;
  private final boolean accumulatorsAreShort;
  private final TransactionRoom room;
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
    this.room = context.room();
    this.windows = TimeIndex.of(rows, room);
    this.accumulatorsAreShort = Types.isShort(plan.fold().accumulatorType());
    this.fresh = new FreshWindows(rows, windows, context.cacheBytes());
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
    if (end > firesUpTo && fresh.mayHaveRows(end)) {
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
    FreshWindow window = fresh.window(end);
    if (window == null) {
      foldIntoRow(end, record);
    } else {
      foldInMemory(window, record);
    }
  }

  private void foldIntoRow(long end, KeyedRecord record) {
    Row<Object> row = windows.row(end, record.bytes(), record.keyOffset(), record.keyLength());
    if (folding.foldInto(row, record, guard) != null) {
      windows.added(end, row);
    }
  }

  private void foldInMemory(FreshWindow window, KeyedRecord record) {
    int key = window.find(record);
    @Nullable Object before = key == FreshWindow.NONE ? null : window.accumulator(key);
    Object folded = folding.foldOnto(before, record, guard);
    if (folded != null) {
      int grownBytes = accumulatorsAreShort ? 0 : folding.grownBytes(record, folded);
      fresh.put(window, key, record, folded, grownBytes);
    }
  }

  @Override
  public void beforeCommit() {
    fresh.write();
  }

  @Override
  public boolean onTime(TimeDomain moved, long watermarkMs) {
    if (moved != domain || watermarkMs < firesUpTo) {
      return true;
    }
    firesUpTo = watermarkMs;
    // This is done even if time stands still: a firing that filled its transaction is resumed.
    if (!fire(watermarkMs)) {
      return false;
    }
    fresh.firedUpTo(watermarkMs);
    return true;
  }

  private boolean fire(long watermarkMs) {
    FreshWindow window;
    while ((window = fresh.firstUpTo(watermarkMs)) != null) {
      if (!fireRows(window.end() - 1) || !fire(window)) {
        return false;
      }
      fresh.removeFirst();
    }
    return fireRows(watermarkMs);
  }

  private boolean fire(FreshWindow window) {
    long end = window.end();
    long start = slicing.windowStart(end);
    while (window.hasNext()) {
      if (!room.isLeft()) {
        return false;
      }
      int key = window.next();
      Object accumulator = window.take();
      byte[] bytes = window.keyBytes(key);
      emit(bytes, window.keyOffset(key), window.keyLength(key), start, end, accumulator);
    }
    return true;
  }

  private boolean fireRows(long upToMs) {
    if (!windows.isDue(upToMs)) {
      return true;
    }
    try (DueRows<Object> due = windows.due(upToMs)) {
      while (due.next()) {
        Object accumulator = due.take();
        long end = due.timeMs();
        long start = slicing.windowStart(end);
        emit(due.bytes(), due.keyOffset(), due.keyLength(), start, end, accumulator);
      }
      return due.isComplete();
    }
  }

  private void emit(
      byte[] bytes, int offset, int length, long startMs, long endMs, Object accumulator) {
    results.emit(results.key(bytes, offset, length), startMs, endMs, accumulator);
  }
}
