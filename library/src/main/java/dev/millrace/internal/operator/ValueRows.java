package dev.millrace.internal.operator;

import dev.millrace.internal.codec.KeyCodec;
import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowScan;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.Hashing;
import org.jspecify.annotations.Nullable;

/**
 * The values of groups, each in a row of its own that holds how often it is there.
 *
 * <pre>
 *   row key:  length of the group's key (varint) | the group's key | ordered bytes of the value
 * </pre>
 *
 * <p>Values of a group lie side by side, in the order of their bytes. A value with a count below
 * zero is not there, but is kept until the other side of it comes.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class ValueRows {

  private final RowStore<Object> rows;
  private final KeyCodec<Object> codec;
  private final ByteWriter key = new ByteWriter();

  ValueRows(RowStore<Object> rows, KeyCodec<Object> codec) {
    this.rows = rows;
    this.codec = codec;
  }

  /** {@return how often a value was there before it is there so much more often} */
  long change(Row<?> group, Object value, long by) {
    encode(group, value);
    Row<Object> row = rows.row(key.array(), 0, key.size(), keyHash());
    Long before = (Long) row.value();
    long count = (before == null ? 0 : before) + by;
    if (count == 0) {
      row.delete();
    } else {
      row.set(count);
    }
    return before == null ? 0 : before;
  }

  /** Notes that a value will be changed, so that {@link #load} reads its row with others. */
  void want(Row<?> group, Object value) {
    encode(group, value);
    rows.want(key.array(), 0, key.size(), keyHash());
  }

  /** Reads the rows that were asked for and are not in memory, in one go. */
  void load() {
    int ignored = rows.loadWanted();
  }

  /** Adds a value to a group that has it not. */
  void add(Row<?> group, Object value, long count) {
    encode(group, value);
    rows.absentRow(key.array(), 0, key.size(), keyHash()).set(count);
  }

  /** {@return the row key of a value} */
  byte[] keyOf(Row<?> group, Object value) {
    encode(group, value);
    return key.toByteArray();
  }

  /**
   * {@return the first value that is there}
   *
   * @param from a row key that none of them is before
   */
  Object first(Row<?> group, byte[] from) {
    byte[] prefix = prefixOf(group);
    byte[] end = RowStore.successor(prefix);
    try (RowScan<Object> scan = rows.scan(from, end)) {
      while (scan.next()) {
        Row<Object> row = scan.row();
        if (isThere(row.value())) {
          byte[] full = row.fullKey();
          int at = rows.keyOffset() + prefix.length;
          return codec.decode(full, at, full.length - at);
        }
      }
    }
    throw new IllegalStateException("A group with records has no values");
  }

  private static boolean isThere(@Nullable Object count) {
    return count != null && (Long) count > 0;
  }

  /** Deletes all values of a group. */
  void delete(Row<?> group) {
    byte[] prefix = prefixOf(group);
    int ignored = rows.deleteRange(prefix, RowStore.successor(prefix));
  }

  private byte[] prefixOf(Row<?> group) {
    encode(group);
    return key.toByteArray();
  }

  private void encode(Row<?> group) {
    key.clear();
    key.writeVarint(group.keyLength());
    key.writeBytes(group.fullKey(), group.keyOffset(), group.keyLength());
  }

  private void encode(Row<?> group, Object value) {
    encode(group);
    codec.encode(value, key);
  }

  private int keyHash() {
    return Hashing.murmur2(key.array(), 0, key.size());
  }
}
