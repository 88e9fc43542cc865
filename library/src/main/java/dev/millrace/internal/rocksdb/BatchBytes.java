package dev.millrace.internal.rocksdb;

import dev.millrace.internal.state.store.StoreBatch;
import dev.millrace.internal.util.ByteWriter;
import java.util.Arrays;

/**
 * The writer of batches in the form that RocksDB's own {@code WriteBatch} has inside, so that a
 * batch crosses into native code once and not once for each row.
 *
 * <pre>
 *   sequence number (8, little-endian, 0) | count (4, little-endian) | records
 *   record = 0x01 key value | 0x00 key | 0x0F from to       each a varint length and the bytes
 * </pre>
 *
 * <p><b>Threads.</b> Confined to one thread; reusable.
 */
final class BatchBytes implements StoreBatch.Visitor {

  private static final int TYPE_DELETION = 0x00;
  private static final int TYPE_VALUE = 0x01;
  private static final int TYPE_RANGE_DELETION = 0x0F;
  private static final int COUNT_OFFSET = 8;
  private static final int HEADER_BYTES = 12;

  /** A capacity that is worth keeping between batches. */
  private static final int KEPT_CAPACITY_BYTES = 1 << 20;

  private ByteWriter out = new ByteWriter(4096);
  private int count;

  /** Starts a new batch. */
  void begin() {
    if (out.array().length > KEPT_CAPACITY_BYTES) {
      out = new ByteWriter(KEPT_CAPACITY_BYTES);
    }
    out.clear();
    out.writeLong(0);
    out.writeInt(0);
    count = 0;
  }

  @Override
  public void put(byte[] key, byte[] value) {
    out.writeByte(TYPE_VALUE);
    out.writeSizedBytes(key);
    out.writeSizedBytes(value);
    count++;
  }

  @Override
  public void delete(byte[] key) {
    out.writeByte(TYPE_DELETION);
    out.writeSizedBytes(key);
    count++;
  }

  @Override
  public void deleteRange(byte[] fromInclusive, byte[] toExclusive) {
    out.writeByte(TYPE_RANGE_DELETION);
    out.writeSizedBytes(fromInclusive);
    out.writeSizedBytes(toExclusive);
    count++;
  }

  /** {@return the batch} */
  byte[] end() {
    byte[] bytes = Arrays.copyOf(out.array(), Math.max(out.size(), HEADER_BYTES));
    for (int i = 0; i < 4; i++) {
      bytes[COUNT_OFFSET + i] = (byte) (count >>> (8 * i));
    }
    return bytes;
  }
}
