package dev.millrace.internal.handle;

import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowScan;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.time.TimeDomain;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

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
 * <p>I1: each row with a time-to-live has one entry here, at its {@code indexedAtMs}.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class ExpiryIndex {

  private static final int TIME_AT = 1;
  private static final int NAME_AT = 9;

  private final RowStore<Object> rows;
  private final KeyScope scope;
  private final ByteWriter buffer = new ByteWriter(96);
  private final Map<TimeDomain, byte[]> scanFrom = new EnumMap<>(TimeDomain.class);
  private final Map<TimeDomain, Long> earliest = new EnumMap<>(TimeDomain.class);

  /** Creates the index of one task. */
  public ExpiryIndex(RowStore<Object> rows, KeyScope scope) {
    this.rows = rows;
    this.scope = scope;
    for (TimeDomain domain : TimeDomain.values()) {
      byte[] from = {OrderedTime.code(domain)};
      byte @Nullable [] first = rows.firstKey(from, end(domain));
      scanFrom.put(domain, first == null ? from : first);
      earliest.put(domain, first == null ? Long.MAX_VALUE : OrderedTime.read(first, TIME_AT));
    }
  }

  private static byte[] end(TimeDomain domain) {
    return new byte[] {(byte) (OrderedTime.code(domain) + 1)};
  }

  /** {@return the time before which no row expires} */
  public long earliest(TimeDomain domain) {
    return earliest.getOrDefault(domain, Long.MAX_VALUE);
  }

  void add(Handle handle, TimeDomain domain, long atMs, Row<Object> row) {
    byte[] key = key(handle, domain, atMs, row);
    scope.set(rows.row(key), true);
    noteAdded(domain, atMs, key);
  }

  private void noteAdded(TimeDomain domain, long atMs, byte[] key) {
    if (atMs < earliest(domain)) {
      earliest.put(domain, atMs);
    }
    if (Arrays.compareUnsigned(key, scanFrom.getOrDefault(domain, key)) < 0) {
      scanFrom.put(domain, key);
    }
  }

  void remove(Handle handle, TimeDomain domain, long atMs, Row<Object> row) {
    scope.delete(rows.row(key(handle, domain, atMs, row)));
  }

  private byte[] key(Handle handle, TimeDomain domain, long atMs, Row<Object> row) {
    buffer.clear();
    buffer.writeByte(OrderedTime.code(domain));
    OrderedTime.write(buffer, atMs);
    byte[] name = handle.nameBytes();
    buffer.writeBytes(name, 0, name.length);
    buffer.writeByte(0);
    buffer.writeBytes(row.fullKey(), row.keyOffset(), row.keyLength());
    return buffer.toByteArray();
  }

  /**
   * Deletes the rows that have expired.
   *
   * @return false if there are more, but the transaction is full
   */
  public boolean expire(
      TimeDomain domain, long upToMs, Declarations declarations, BooleanSupplier roomIsLeft) {
    if (earliest(domain) > upToMs) {
      return true;
    }
    long next = Long.MAX_VALUE;
    byte[] from = scanFrom.getOrDefault(domain, end(domain));
    // Entries move to times after this pass, so those that the scan may miss are not due.
    long movedTo = Long.MAX_VALUE;
    byte @Nullable [] stoppedAt = null;
    try (RowScan<Object> scan = rows.scan(from, end(domain))) {
      while (scan.next()) {
        Row<Object> row = scan.row();
        byte[] key = row.key();
        long at = OrderedTime.read(key, TIME_AT);
        if (at > upToMs) {
          next = at;
          stoppedAt = key;
          break;
        }
        if (!roomIsLeft.getAsBoolean()) {
          scanFrom.put(domain, key);
          earliest.put(domain, at);
          return false;
        }
        row.delete();
        movedTo = Math.min(movedTo, expireOne(domain, upToMs, key, declarations));
      }
    }
    earliest.put(domain, Math.min(next, movedTo));
    scanFrom.put(
        domain, movedTo <= next || stoppedAt == null ? boundary(domain, upToMs) : stoppedAt);
    return true;
  }

  /** Deletes a row, or moves its entry and returns the new time. */
  private long expireOne(TimeDomain domain, long upToMs, byte[] key, Declarations declarations) {
    int nameEnd = NAME_AT;
    while (key[nameEnd] != 0) {
      nameEnd++;
    }
    Handle handle =
        declarations.handle(new String(key, NAME_AT, nameEnd - NAME_AT, StandardCharsets.UTF_8));
    if (handle == null) {
      return Long.MAX_VALUE;
    }
    Row<Object> row = handle.expiringRows().row(Arrays.copyOfRange(key, nameEnd + 1, key.length));
    if (!(row.value() instanceof Expiring<?> expiring)) {
      return Long.MAX_VALUE;
    }
    if (expiring.expiresAtMs() <= upToMs) {
      handle.expired(row);
      return Long.MAX_VALUE;
    }
    long at = expiring.expiresAtMs();
    row.set(new Expiring<Object>(at, at, expiring.value()));
    rows.row(key(handle, domain, at, row)).set(true);
    return at;
  }

  private static byte[] boundary(TimeDomain domain, long timeMs) {
    ByteWriter out = new ByteWriter(NAME_AT);
    out.writeByte(OrderedTime.code(domain));
    OrderedTime.write(out, timeMs);
    return out.toByteArray();
  }
}
