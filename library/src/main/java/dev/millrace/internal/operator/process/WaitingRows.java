package dev.millrace.internal.operator.process;

import dev.millrace.internal.handle.OrderedTime;
import dev.millrace.internal.operator.KeyedRecord;
import dev.millrace.internal.operator.OperatorContext;
import dev.millrace.internal.plan.StageOperator;
import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowScan;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.state.TransactionRoom;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.Hashing;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The records that wait for the watermark: rows of (time, arrival, key), so that releasing them in
 * order is a scan, and the rows that are left are where the next scan goes on.
 *
 * <p>Arrivals are numbered. The next number is a row of its own, written with each commit that has
 * new records.
 *
 * <p>I1: no row lies before {@code scanFrom}. I2: {@code earliest} is not later than any row.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class WaitingRows {

  /** The action for a record whose turn it is; the record's row is already deleted. */
  @FunctionalInterface
  interface Release {
    void release(long timeMs, byte[] rowKey, int keyOffset, Object value);
  }

  /** The action before the records of a time. */
  @FunctionalInterface
  interface Before {
    /** {@return false if the transaction is full and the record has to wait for the next} */
    boolean reach(long timeMs);
  }

  private static final int KEY_AT = 16;
  private static final byte[] NEXT_ARRIVAL = {0};

  private final RowStore<Object> rows;
  private final RowStore<Object> numbers;
  private final TransactionRoom room;
  private final ByteWriter rowKey = new ByteWriter(64);
  private long nextArrival;
  private boolean arrived;
  private byte[] scanFrom;
  private long earliest;

  WaitingRows(OperatorContext context) {
    this.rows = context.rows(StageOperator.KeyedProcess.INPUT);
    this.numbers = context.rows(StageOperator.KeyedProcess.ARRIVALS);
    this.room = context.room();
    Object next = numbers.row(NEXT_ARRIVAL).value();
    this.nextArrival = next == null ? 0 : (Long) next;
    byte[] from = {};
    byte @Nullable [] first = rows.firstKey(from, null);
    this.scanFrom = first == null ? from : first;
    this.earliest = first == null ? Long.MAX_VALUE : OrderedTime.read(first, 0);
  }

  /** Adds a record that has to wait. */
  void add(KeyedRecord record) {
    rowKey.clear();
    OrderedTime.write(rowKey, record.timeMs());
    rowKey.writeLong(nextArrival++);
    rowKey.writeBytes(record.bytes(), record.keyOffset(), record.keyLength());
    arrived = true;
    int length = rowKey.size();
    int hash = Hashing.murmur2(rowKey.array(), 0, length);
    rows.absentRow(rowKey.array(), 0, length, hash).set(record.value());
    if (record.timeMs() < earliest) {
      earliest = record.timeMs();
      scanFrom = rowKey.toByteArray();
    }
  }

  /**
   * Releases the records with times before a time, in their order.
   *
   * @return false if there are more, but the transaction is full
   */
  boolean release(long beforeMs, Before before, Release release) {
    if (earliest >= beforeMs) {
      return true;
    }
    try (RowScan<Object> scan = rows.scan(scanFrom, null)) {
      while (scan.next()) {
        Row<Object> row = scan.row();
        byte[] key = row.key();
        long timeMs = OrderedTime.read(key, 0);
        earliest = timeMs;
        scanFrom = key;
        if (timeMs >= beforeMs) {
          return true;
        }
        if (!room.isLeft() || !before.reach(timeMs)) {
          return false;
        }
        Object value = Objects.requireNonNull(row.value(), "a row that exists has a value");
        row.delete();
        release.release(timeMs, key, KEY_AT, value);
      }
    }
    earliest = Long.MAX_VALUE;
    return true;
  }

  /** Writes the next arrival number. */
  void beforeCommit() {
    if (arrived) {
      arrived = false;
      numbers.row(NEXT_ARRIVAL).set(nextArrival);
    }
  }
}
