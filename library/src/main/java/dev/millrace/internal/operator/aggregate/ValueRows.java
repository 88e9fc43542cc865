package dev.millrace.internal.operator.aggregate;

import dev.millrace.internal.codec.key.KeyCodec;
import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowScan;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.Hashing;

/**
 * The rows of the values of groups, in their order.
 *
 * <pre>
 *   row key:  length of the group's key (varint) | the group's key | ordered bytes
 * </pre>
 *
 * <p>The rows of a group lie side by side. The ordered bytes are those of the value, or of its
 * rank.
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

  /** {@return the row of what has a place in the order} */
  Row<Object> row(Row<?> group, Object order) {
    encode(group, order);
    return rows.row(key.array(), 0, key.size(), keyHash());
  }

  /** {@return the same, of which the caller knows that the group has it not, if it is new to it} */
  Row<Object> absentRow(Row<?> group, Object order) {
    encode(group, order);
    return rows.absentRow(key.array(), 0, key.size(), keyHash());
  }

  /** Notes that a row will be looked up, so that {@link #load} reads it with others. */
  void want(Row<?> group, Object order) {
    encode(group, order);
    rows.want(key.array(), 0, key.size(), keyHash());
  }

  /** Reads the rows that were asked for and are not in memory, in one go. */
  void load() {
    int ignored = rows.loadWanted();
  }

  /** {@return the row key of what has a place in the order} */
  byte[] keyOf(Row<?> group, Object order) {
    encode(group, order);
    return key.toByteArray();
  }

  /** {@return all rows of a group} */
  RowScan<Object> scan(Row<?> group) {
    return rows.scanPrefix(prefixOf(group));
  }

  /**
   * {@return the rows of a group from one on}
   *
   * @param from a row key
   */
  RowScan<Object> scan(Row<?> group, byte[] from) {
    return rows.scan(from, RowStore.successor(prefixOf(group)));
  }

  /** {@return the place in the order that a row of a group has} */
  Object orderOf(Row<?> group, Row<Object> row) {
    int at = rows.keyOffset() + prefixOf(group).length;
    byte[] full = row.fullKey();
    return codec.decode(full, at, full.length - at);
  }

  /** Deletes all rows of a group. */
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

  private void encode(Row<?> group, Object order) {
    encode(group);
    codec.encode(order, key);
  }

  private int keyHash() {
    return Hashing.murmur2(key.array(), 0, key.size());
  }
}
