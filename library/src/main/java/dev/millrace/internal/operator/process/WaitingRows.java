package dev.millrace.internal.operator.process;

import dev.millrace.internal.operator.Arrivals;
import dev.millrace.internal.operator.KeyedRecord;
import dev.millrace.internal.operator.OperatorContext;
import dev.millrace.internal.plan.StageKeyedProcess;
import dev.millrace.internal.timer.DueRows;
import dev.millrace.internal.timer.TimeIndex;
import dev.millrace.internal.util.ByteWriter;

/**
 * The records that wait for the watermark: rows of (time, arrival, key), so that releasing them in
 * order is a scan, and the rows that are left are where the next scan goes on.
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

  private final TimeIndex<Object> records;
  private final Arrivals arrivals;
  private final ByteWriter arrivalAndKey = new ByteWriter(64);

  WaitingRows(OperatorContext context) {
    this.records = TimeIndex.of(context.rows(StageKeyedProcess.INPUT), context.room());
    this.arrivals = new Arrivals(context.rows(StageKeyedProcess.ARRIVALS));
  }

  /** Adds a record that has to wait. */
  void add(KeyedRecord record) {
    arrivalAndKey.clear();
    arrivalAndKey.writeLong(arrivals.take());
    arrivalAndKey.writeBytes(record.bytes(), record.keyOffset(), record.keyLength());
    records.putNew(record.timeMs(), arrivalAndKey.array(), 0, arrivalAndKey.size(), record.value());
  }

  /**
   * Releases the records with times before a time, in their order.
   *
   * @return false if there are more, but the transaction is full
   */
  boolean release(long beforeMs, Before before, Release release) {
    if (beforeMs == Long.MIN_VALUE || !records.isDue(beforeMs - 1)) {
      return true;
    }
    try (DueRows<Object> due = records.due(beforeMs - 1)) {
      while (due.next()) {
        if (!before.reach(due.timeMs())) {
          return false;
        }
        Object value = due.take();
        release.release(due.timeMs(), due.bytes(), due.keyOffset() + Long.BYTES, value);
      }
      return due.isComplete();
    }
  }

  /** Writes the next arrival number. */
  void beforeCommit() {
    arrivals.beforeCommit();
  }
}
