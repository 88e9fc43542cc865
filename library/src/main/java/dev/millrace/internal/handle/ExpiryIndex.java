package dev.millrace.internal.handle;

import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.state.TransactionRoom;
import dev.millrace.internal.timer.DueRows;
import dev.millrace.internal.timer.OrderedTime;
import dev.millrace.internal.timer.TimeIndex;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.time.TimeDomain;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * An index of rows by the time at which they may expire, so that they are deleted even if nobody
 * reads them.
 *
 * <pre>
 *   row key: domain (1 byte), time (8, ordered), name of the handle, 0, row key there
 * </pre>
 *
 * <p>A change that prolongs a row's life does not move its index entry. When the entry's time
 * comes, the entry moves to the row's present expiry. So the entry of a row that changes a thousand
 * times moves only now and then.
 *
 * <p>A version of the job may let state expire by the other time than the one before it did. An
 * entry that is of that one moves as well when its time comes; or at once, if that is event time,
 * and goes on no more.
 *
 * <p>I1: each row with a time-to-live has an entry here, at its {@code indexedAtMs}, in the time
 * that it lived by when the entry was set.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class ExpiryIndex {

  /** A time that is after those of all entries, and is not the end of time. */
  private static final long LAST_MS = Long.MAX_VALUE - 1;

  private final TimeIndex<Object> byEventTime;
  private final TimeIndex<Object> byClock;
  private final KeyScope scope;
  private final boolean hasWatermarks;
  private final ByteWriter nameAndKey = new ByteWriter(96);

  /**
   * Creates the index of one task.
   *
   * @param hasWatermarks whether event time goes on
   */
  public ExpiryIndex(
      RowStore<Object> rows, KeyScope scope, TransactionRoom room, boolean hasWatermarks) {
    this.hasWatermarks = hasWatermarks;
    this.byEventTime = TimeIndex.of(rows, OrderedTime.code(TimeDomain.EVENT), room);
    this.byClock = TimeIndex.of(rows, OrderedTime.code(TimeDomain.PROCESSING), room);
    this.scope = scope;
  }

  private TimeIndex<Object> in(TimeDomain domain) {
    return domain == TimeDomain.EVENT ? byEventTime : byClock;
  }

  /** {@return whether a row may have expired} */
  public boolean isDue(TimeDomain domain, long nowMs) {
    return in(domain).isDue(nowMs) || (domain == TimeDomain.PROCESSING && areStranded());
  }

  /** {@return whether there are entries in event time although that goes on no more} */
  private boolean areStranded() {
    return !hasWatermarks && byEventTime.isDue(LAST_MS);
  }

  void add(Handle handle, TimeDomain domain, long atMs, Row<Object> row) {
    Row<Object> entry = entry(handle, domain, atMs, row);
    scope.set(entry, true);
    in(domain).added(atMs, entry);
  }

  void remove(Handle handle, TimeDomain domain, long atMs, Row<Object> row) {
    scope.delete(entry(handle, domain, atMs, row));
  }

  private Row<Object> entry(Handle handle, TimeDomain domain, long atMs, Row<Object> row) {
    nameAndKey.clear();
    nameAndKey.writeBytes(handle.nameBytes());
    nameAndKey.writeByte(0);
    nameAndKey.writeBytes(row.fullKey(), row.keyOffset(), row.keyLength());
    return in(domain).row(atMs, nameAndKey.array(), 0, nameAndKey.size());
  }

  /**
   * Deletes the rows that have expired.
   *
   * @return false if there are more, but the transaction is full
   */
  public boolean expire(TimeDomain domain, long upToMs, Declarations declarations) {
    boolean moved =
        domain == TimeDomain.EVENT
            || !areStranded()
            || fire(TimeDomain.EVENT, LAST_MS, declarations);
    return moved && fire(domain, upToMs, declarations);
  }

  private boolean fire(TimeDomain domain, long upToMs, Declarations declarations) {
    return in(domain).fire(upToMs, due -> expireOne(domain, due, declarations));
  }

  /** Deletes a row, or moves its entry to the time, and the kind of time, it lives by now. */
  private void expireOne(TimeDomain domain, DueRows<Object> due, Declarations declarations) {
    byte[] entry = due.bytes();
    int nameAt = due.keyOffset();
    int nameEnd = nameAt;
    while (entry[nameEnd] != 0) {
      nameEnd++;
    }
    Handle handle =
        declarations.handle(new String(entry, nameAt, nameEnd - nameAt, StandardCharsets.UTF_8));
    if (handle == null) {
      return;
    }
    Row<Object> row =
        handle.expiringRows().row(Arrays.copyOfRange(entry, nameEnd + 1, entry.length));
    if (!(row.value() instanceof Expiring<?> expiring)) {
      return;
    }
    long at = expiring.expiresAtMs();
    TimeDomain livesBy = handle.domain();
    if (livesBy == domain && at <= due.upToMs()) {
      handle.expired(row);
      return;
    }
    row.set(new Expiring<Object>(at, at, expiring.value()));
    Row<Object> moved = entry(handle, livesBy, at, row);
    moved.set(true);
    in(livesBy).added(at, moved);
  }
}
