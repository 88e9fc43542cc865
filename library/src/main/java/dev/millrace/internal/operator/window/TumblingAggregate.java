package dev.millrace.internal.operator.window;

import dev.millrace.internal.codec.KeyCodec;
import dev.millrace.internal.operator.Folding;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.KeyedOperator;
import dev.millrace.internal.operator.KeyedRecord;
import dev.millrace.internal.operator.LateRecords;
import dev.millrace.internal.operator.Output;
import dev.millrace.internal.operator.RowPrefetch;
import dev.millrace.internal.operator.TransactionRoom;
import dev.millrace.internal.plan.FoldFunction;
import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowScan;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.Hashing;
import dev.millrace.time.TimeDomain;
import dev.millrace.window.Window;
import dev.millrace.window.WindowResult;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Tumbling windows: one accumulator per (window end, key), one result when the window closes.
 *
 * <p>Row key: window end (8 bytes, sign bit flipped, so that bytes sort as times do), then the
 * record's key. Firing is a scan over all rows up to the watermark, in the order of time; each
 * fired row is deleted, so the rows that are left are the cursor when the transaction fills up
 * midway.
 *
 * <p>I1: every row's end is behind the time this operator has fired up to, or firing is under way.
 * I2: {@code earliestEnd} is not later than any row's end; a watermark below it needs no scan.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class TumblingAggregate implements KeyedOperator {

  private static final int END_BYTES = 8;
  private static final int ROWS_BETWEEN_LOOKS = 64;

  private final TumblingPolicy policy;
  private final TimeDomain domain;
  private final FoldFunction fold;
  private final RowStore<Object> rows;
  private final KeyCodec<Object> keyCodec;
  private final Guard guard;
  private final Output next;
  private final LateRecords late;
  private final TransactionRoom room;
  private final ByteWriter rowKey = new ByteWriter(64);

  private final RowPrefetch prefetch;
  private long firedUpTo;
  private long earliestEnd;

  /** No row lies before this key: firing starts here, past the tombstones of what has fired. */
  private byte[] scanFrom = boundary(Long.MIN_VALUE);

  /**
   * Creates the operator of one task.
   *
   * @param firedUpTo the task's input watermark at its last commit; firing up to it may not be
   *     complete
   */
  public TumblingAggregate(
      TumblingPolicy policy,
      TimeDomain domain,
      FoldFunction fold,
      RowStore<Object> rows,
      KeyCodec<Object> keyCodec,
      Guard guard,
      Output next,
      LateRecords late,
      TransactionRoom room,
      long firedUpTo) {
    this.policy = policy;
    this.domain = domain;
    this.fold = fold;
    this.rows = rows;
    this.keyCodec = keyCodec;
    this.guard = guard;
    this.next = next;
    this.late = late;
    this.room = room;
    this.firedUpTo = firedUpTo;
    this.earliestEnd = firstEnd();
    this.prefetch = new RowPrefetch(rows);
  }

  @Override
  public RowPrefetch prefetch() {
    return prefetch;
  }

  @Override
  public void want(KeyedRecord record) {
    long end = policy.end(record.timeMs());
    if (end > firedUpTo) {
      int hash = makeRowKey(record, end);
      prefetch.want(rowKey.array(), 0, rowKey.size(), hash);
    }
  }

  /** Leaves the row's key in {@link #rowKey} and returns its hash. */
  private int makeRowKey(KeyedRecord record, long end) {
    rowKey.clear();
    writeEnd(rowKey, end);
    rowKey.writeBytes(record.bytes(), record.keyOffset(), record.keyLength());
    return Hashing.murmur2(rowKey.array(), 0, rowKey.size());
  }

  @Override
  public void onRecord(KeyedRecord record) {
    long end = policy.end(record.timeMs());
    if (end <= firedUpTo || (domain == TimeDomain.EVENT && record.isTooFarAhead())) {
      late.count();
      return;
    }
    int hash = makeRowKey(record, end);
    Row<Object> row = rows.row(rowKey.array(), 0, rowKey.size(), hash);
    @Nullable Object folded;
    try {
      folded = Folding.fold(fold, row.value(), record);
    } catch (Exception e) {
      folded = guard.recover(null, e, () -> Folding.fold(fold, row.value(), record));
    }
    if (folded != null) {
      row.set(folded);
      earliestEnd = Math.min(earliestEnd, end);
      if (end < scanFromEnd()) {
        scanFrom = boundary(end);
      }
    }
  }

  @Override
  public boolean onTime(TimeDomain moved, long watermarkMs) {
    if (moved != domain || watermarkMs < firedUpTo) {
      return true;
    }
    // Also when time stands still: a firing that filled its transaction is taken up again.
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
        long end = readEnd(rowKeyBytes);
        if (end > watermarkMs) {
          earliestEnd = end;
          scanFrom = boundary(end);
          return true;
        }
        if (--untilLook <= 0) {
          untilLook = ROWS_BETWEEN_LOOKS;
          if (!room.isLeft()) {
            scanFrom = rowKeyBytes;
            return false;
          }
        }
        emit(row, rowKeyBytes, end);
        row.delete();
      }
    }
    earliestEnd = Long.MAX_VALUE;
    scanFrom = boundary(watermarkMs);
    return true;
  }

  private void emit(Row<Object> row, byte[] bytes, long end) {
    Object key = keyCodec.decode(bytes, END_BYTES, bytes.length - END_BYTES);
    Object accumulator = row.value();
    if (accumulator == null) {
      return;
    }
    Object result;
    try {
      result = fold.finish(accumulator);
    } catch (Exception e) {
      throw Folding.finishFailed(e, key);
    }
    next.emit(
        new WindowResult<>(key, Window.ofEpochMillis(policy.startOfEnd(end), end), result),
        end - 1);
  }

  private long scanFromEnd() {
    return readEnd(scanFrom);
  }

  private long firstEnd() {
    byte @Nullable [] first = rows.firstKey(boundary(Long.MIN_VALUE), null);
    return first == null ? Long.MAX_VALUE : readEnd(first);
  }

  private static byte[] boundary(long endMs) {
    ByteWriter out = new ByteWriter(END_BYTES);
    writeEnd(out, endMs);
    return Arrays.copyOf(out.array(), END_BYTES);
  }

  private static void writeEnd(ByteWriter out, long endMs) {
    out.writeLong(endMs ^ Long.MIN_VALUE);
  }

  private static long readEnd(byte[] key) {
    long raw = 0;
    for (int i = 0; i < END_BYTES; i++) {
      raw = raw << 8 | (key[i] & 0xFF);
    }
    return raw ^ Long.MIN_VALUE;
  }
}
