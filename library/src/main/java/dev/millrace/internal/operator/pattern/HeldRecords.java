package dev.millrace.internal.operator.pattern;

import dev.millrace.internal.operator.KeyedRecord;
import dev.millrace.internal.operator.OperatorContext;
import dev.millrace.internal.pattern.KeyLimit;
import dev.millrace.internal.plan.StagePatternMatch;
import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.util.Hashing;

/**
 * The number of records that each key holds: those that wait, which are counted in a row of the
 * key, and those in partial matches, which the key's head counts.
 *
 * <p>Only a limit makes the operator count them, since the count is a row that changes with each
 * record.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class HeldRecords {

  private final RowStore<Object> counts;
  private final KeyLimit limit;

  HeldRecords(OperatorContext context, KeyLimit limit) {
    this.counts = context.rows(StagePatternMatch.WAITING);
    this.limit = limit;
  }

  /** {@return the rows of counts} */
  RowStore<Object> rows() {
    return counts;
  }

  /** {@return the limit} */
  KeyLimit limit() {
    return limit;
  }

  /** {@return how many records of a key wait} */
  int waiting(KeyedRecord record) {
    Object count = row(record).value();
    return count == null ? 0 : (Integer) count;
  }

  /** Counts a record that begins to wait, or several of its key that do not any more. */
  void add(KeyedRecord record, int change) {
    set(row(record), change);
  }

  /** Counts a record that waits no longer. */
  void release(byte[] bytes, int keyOffset, int keyLength) {
    Row<Object> row =
        counts.row(bytes, keyOffset, keyLength, Hashing.murmur2(bytes, keyOffset, keyLength));
    if (row.exists()) { // Else it came before there was a limit.
      set(row, -1);
    }
  }

  private Row<Object> row(KeyedRecord record) {
    return counts.row(record.bytes(), record.keyOffset(), record.keyLength(), record.keyHash());
  }

  private static void set(Row<Object> row, int change) {
    Object count = row.value();
    int waiting = (count == null ? 0 : (Integer) count) + change;
    if (waiting > 0) {
      row.set(waiting);
    } else {
      row.delete();
    }
  }
}
