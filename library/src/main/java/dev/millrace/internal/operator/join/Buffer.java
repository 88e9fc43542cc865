package dev.millrace.internal.operator.join;

import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.plan.JoinFirst;
import dev.millrace.internal.plan.JoinRow;
import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowScan;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.state.TransactionRoom;
import dev.millrace.internal.timer.OrderedTime;
import dev.millrace.internal.util.ByteReader;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.Hashing;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The records of one side of a join that wait for those of the other: rows of (place, time,
 * arrival), so that those that a record meets are one range, in the order of their times and then
 * of their arrival.
 *
 * <pre>
 *  bytes  content
 *    1-5  varint: length of the place, so that no place's rows are between those of another
 *      n  place: the key, and in windows the end of the window
 *      8  time
 *      8  arrival, a number that no other row of the task has
 * </pre>
 *
 * <p>Objects in rows are never handed out as long as they can be changed: functions get copies.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class Buffer {

  /** The action for a record that goes without having met any. */
  @FunctionalInterface
  interface Unmatched {
    void go(long timeMs, Object value);
  }

  private static final int ARRIVAL_BYTES = Long.BYTES;

  private final RowStore<Object> rows;
  private final Reach reach;
  private final boolean keepsUnmatched;
  private final boolean isMutable;
  private final UnaryOperator<Object> copying;
  private final ByteWriter rowKey = new ByteWriter(64);

  /**
   * Creates the buffer of one side.
   *
   * @param rows its rows: {@link JoinRow}s if it keeps records without a match, else the records
   * @param reach what its records meet
   * @param keepsUnmatched whether records without a match become results
   * @param isMutable whether records can be changed
   * @param copyingRows copies rows
   */
  Buffer(
      RowStore<Object> rows,
      Reach reach,
      boolean keepsUnmatched,
      boolean isMutable,
      UnaryOperator<Object> copyingRows) {
    this.rows = rows;
    this.reach = reach;
    this.keepsUnmatched = keepsUnmatched;
    this.isMutable = isMutable;
    this.copying =
        keepsUnmatched
            ? value -> ((JoinRow<?>) copyingRows.apply(new JoinRow<>(false, value))).value()
            : copyingRows;
  }

  Reach reach() {
    return reach;
  }

  /** {@return the record as a row may keep it, or null if it cannot be written and was dropped} */
  @Nullable Object kept(Object value, Guard guard) {
    try {
      return copying.apply(value);
    } catch (Exception e) {
      return guard.recover(null, e, () -> copying.apply(value));
    }
  }

  /** {@return the record as a function may get it} */
  Object handedOut(Object kept) {
    return isMutable ? copying.apply(kept) : kept;
  }

  /** {@return the record in a row as a function may get it} */
  Object handedOut(Row<Object> row) {
    return recordIn(Objects.requireNonNull(isMutable ? row.copiedValue() : row.value()));
  }

  private Object recordIn(Object rowValue) {
    return keepsUnmatched ? ((JoinRow<?>) rowValue).value() : rowValue;
  }

  /**
   * Adds a record.
   *
   * @param kept the record, as {@link #kept} has made it
   * @param arrival a number that no row has yet
   * @param matched whether it has met a record of the other side
   */
  void add(JoinPlace place, long timeMs, long arrival, Object kept, boolean matched) {
    begin(place, timeMs, arrival);
    rows.absentRow(rowKey.array(), 0, rowKey.size(), hash())
        .set(keepsUnmatched ? new JoinRow<>(matched, kept) : kept);
  }

  /** {@return the row of a record that is the only one at a place} */
  Row<Object> only(JoinPlace place, JoinFirst first) {
    begin(place, first.timeMs(), first.arrival());
    return rows.row(rowKey.array(), 0, rowKey.size(), hash());
  }

  /** {@return the records at a place with times in a range, both ends included} */
  RowScan<Object> scan(JoinPlace place, long fromMs, long toMs) {
    byte[] from = begin(place, fromMs).toByteArray();
    byte[] to = begin(place, Math.min(toMs, Reach.LAST_MS) + 1).toByteArray();
    return rows.scan(from, to);
  }

  /** {@return the records at a place that are after one, with times up to another} */
  RowScan<Object> scanAfter(JoinPlace place, Row<Object> row, long toMs) {
    byte[] key = row.key();
    byte[] to = begin(place, Math.min(toMs, Reach.LAST_MS) + 1).toByteArray();
    return rows.scan(Arrays.copyOf(key, key.length + 1), to);
  }

  private int hash() {
    return Hashing.murmur2(rowKey.array(), 0, rowKey.size());
  }

  private void begin(JoinPlace place, long timeMs, long arrival) {
    begin(place, timeMs).writeLong(arrival);
  }

  private ByteWriter begin(JoinPlace place, long timeMs) {
    rowKey.clear();
    place.write(rowKey, timeMs);
    return rowKey;
  }

  /** Notes that the record in a row has met one of the other side; returns the record's time. */
  long met(Row<Object> row) {
    if (keepsUnmatched) {
      JoinRow<?> value = (JoinRow<?>) Objects.requireNonNull(row.value());
      if (!value.matched()) {
        row.set(new JoinRow<>(true, value.value()));
      }
    }
    return timeOf(row);
  }

  /** {@return the time of a record} */
  static long timeOf(Row<Object> row) {
    return OrderedTime.read(
        row.fullKey(), row.fullKey().length - ARRIVAL_BYTES - OrderedTime.BYTES);
  }

  private static long arrivalOf(Row<Object> row) {
    byte[] key = row.fullKey();
    return new ByteReader(key, key.length - ARRIVAL_BYTES, ARRIVAL_BYTES).readLong();
  }

  /** {@return the time up to which the first record at a place may stay} */
  long staysUntilMs(JoinPlace place, JoinFirst first) {
    if (first.isNone()) {
      return first.timeMs();
    }
    return keepsUnmatched
        ? reach.dueMs(place, first.timeMs())
        : reach.goneMs(place, first.timeMs());
  }

  /**
   * Drops the records at a place that can meet no more, in the order of their times.
   *
   * @param upToMs the time up to which they are due
   * @return the first one that is left; it is due as well if the transaction is full
   */
  JoinFirst expire(
      JoinPlace place, JoinFirst first, long upToMs, TransactionRoom room, Unmatched unmatched) {
    if (first.isNone() || reach.dueMs(place, first.timeMs()) > upToMs) {
      return first;
    }
    if (first.isOnly()) {
      return expireOnly(place, first, unmatched); // Room for one was asked for by the index.
    }
    try (RowScan<Object> scan = scan(place, first.timeMs(), Reach.LAST_MS)) {
      while (scan.next()) {
        Row<Object> row = scan.row();
        long timeMs = timeOf(row);
        if (reach.dueMs(place, timeMs) > upToMs) {
          return new JoinFirst(timeMs, scan.next() ? JoinFirst.SEVERAL : arrivalOf(row));
        }
        if (!room.isLeft()) {
          return new JoinFirst(timeMs, JoinFirst.SEVERAL);
        }
        expire(row, timeMs, unmatched);
      }
    }
    return JoinFirst.NONE;
  }

  private JoinFirst expireOnly(JoinPlace place, JoinFirst first, Unmatched unmatched) {
    if (keepsUnmatched) {
      expire(only(place, first), first.timeMs(), unmatched);
    } else {
      begin(place, first.timeMs(), first.arrival());
      rows.deleteExisting(rowKey.array(), 0, rowKey.size(), hash());
    }
    return JoinFirst.NONE;
  }

  private void expire(Row<Object> row, long timeMs, Unmatched unmatched) {
    if (!keepsUnmatched) {
      row.delete();
      return;
    }
    JoinRow<?> value = (JoinRow<?>) Objects.requireNonNull(row.value());
    row.delete();
    if (!value.matched()) {
      unmatched.go(timeMs, value.value());
    }
  }
}
