package dev.millrace.internal.operator.window;

import dev.millrace.internal.operator.Folding;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.KeyedOperator;
import dev.millrace.internal.operator.KeyedRecord;
import dev.millrace.internal.operator.OperatorContext;
import dev.millrace.internal.operator.RowPrefetch;
import dev.millrace.internal.operator.TransactionRoom;
import dev.millrace.internal.plan.StageOperator;
import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowScan;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.window.Slicing;
import dev.millrace.time.TimeDomain;
import dev.millrace.window.Late;
import org.jspecify.annotations.Nullable;

/**
 * Windows that do not overlap: one accumulator per (window end, key), one final result when the
 * window closes.
 *
 * <p>Row key: window end, then the record's key. Firing is a scan over all rows up to the
 * watermark, in the order of time; each fired row is deleted, so the rows that are left are the
 * cursor when the transaction fills up midway.
 *
 * <p>I1: every row's end is after the time up to which this operator has fired, or firing is under
 * way. I2: {@code earliestEnd} is not later than any row's end; a watermark below it needs no scan.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class DisjointAggregate implements KeyedOperator {

  private static final int ROWS_BETWEEN_LOOKS = 64;

  private final Slicing slicing;
  private final TimeDomain domain;
  private final Folding folding;
  private final RowStore<Object> rows;
  private final Guard guard;
  private final WindowResults results;
  private final LateOutput late;
  private final TransactionRoom room;
  private final RowPrefetch prefetch;
  private final WindowKeys rowKey = new WindowKeys();

  private long firedUpTo;
  private long earliestEnd;

  /** No row lies before this key: firing starts here, past the tombstones of what has fired. */
  private byte[] scanFrom = WindowKeys.first(Long.MIN_VALUE);

  /** Creates the operator of one task; firing up to its input watermark may not be complete. */
  DisjointAggregate(StageOperator.WindowAggregate plan, Slicing slicing, OperatorContext context) {
    this.slicing = slicing;
    this.domain = plan.domain();
    this.folding = Folding.of(plan.fold(), context.copying(""), context);
    this.rows = context.rows("");
    this.guard = context.guard();
    this.results = new WindowResults(plan, context);
    this.late = new LateOutput(plan.rules(), context);
    this.room = context.room();
    this.firedUpTo = context.firedUpTo(domain);
    byte @Nullable [] first = rows.firstKey(scanFrom, null);
    this.earliestEnd = first == null ? Long.MAX_VALUE : WindowKeys.time(first);
    this.prefetch = new RowPrefetch(rows);
  }

  @Override
  public RowPrefetch prefetch(int input) {
    return prefetch;
  }

  @Override
  public void want(int input, KeyedRecord record) {
    long end = slicing.sliceEnd(record.timeMs());
    if (end > firedUpTo) {
      rowKey.of(end, record);
      prefetch.want(rowKey.array(), 0, rowKey.size(), rowKey.hash());
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
    if (end <= firedUpTo) {
      late.take(record, Late.Reason.BEHIND_WATERMARK);
      return;
    }
    rowKey.of(end, record);
    Row<Object> row = rows.row(rowKey.array(), 0, rowKey.size(), rowKey.hash());
    if (folding.foldInto(row, record, guard) != null) {
      earliestEnd = Math.min(earliestEnd, end);
      if (end < WindowKeys.time(scanFrom)) {
        scanFrom = WindowKeys.first(end);
      }
    }
  }

  @Override
  public boolean onTime(TimeDomain moved, long watermarkMs) {
    if (moved != domain || watermarkMs < firedUpTo) {
      return true;
    }
    // This is done even if time stands still: a firing that filled its transaction is resumed.
    if (watermarkMs >= earliestEnd && !fire(watermarkMs)) {
      return false;
    }
    firedUpTo = watermarkMs;
    return true;
  }

  /**
   * One pass from where the last one stopped; the first row that is not due is the earliest open
   * window.
   */
  private boolean fire(long watermarkMs) {
    int untilLook = ROWS_BETWEEN_LOOKS;
    try (RowScan<Object> scan = rows.scan(scanFrom, null)) {
      while (scan.next()) {
        Row<Object> row = scan.row();
        byte[] rowKeyBytes = row.key();
        long end = WindowKeys.time(rowKeyBytes);
        if (end > watermarkMs) {
          earliestEnd = end;
          scanFrom = WindowKeys.first(end);
          return true;
        }
        if (--untilLook <= 0) {
          untilLook = ROWS_BETWEEN_LOOKS;
          if (!room.isLeft()) {
            scanFrom = rowKeyBytes;
            return false;
          }
        }
        Object accumulator = row.value();
        if (accumulator != null) {
          results.emit(
              results.key(
                  rowKeyBytes, WindowKeys.TIME_BYTES, rowKeyBytes.length - WindowKeys.TIME_BYTES),
              slicing.windowStart(end),
              end,
              accumulator);
        }
        row.delete();
      }
    }
    earliestEnd = Long.MAX_VALUE;
    scanFrom = WindowKeys.first(watermarkMs);
    return true;
  }
}
