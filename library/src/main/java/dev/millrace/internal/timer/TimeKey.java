package dev.millrace.internal.timer;

import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.Hashing;

/**
 * A buffer for row keys of a time and a key, with their hash, so that a look-up makes no array.
 *
 * <p><b>Threads.</b> Confined to the task's worker; an instance holds one row key at a time.
 */
public final class TimeKey {

  private final ByteWriter rowKey = new ByteWriter(64);
  private final int timeAt;
  private int hash;

  /** Creates a buffer for row keys that begin with the time. */
  public TimeKey() {
    this(new byte[0]);
  }

  /** Creates a buffer for row keys that begin with the given bytes. */
  TimeKey(byte[] part) {
    rowKey.writeBytes(part);
    timeAt = part.length;
  }

  /** Makes a row key from a time and a key. */
  public TimeKey of(long timeMs, byte[] bytes, int offset, int length) {
    rowKey.truncate(timeAt);
    OrderedTime.write(rowKey, timeMs);
    rowKey.writeBytes(bytes, offset, length);
    hash = Hashing.murmur2(rowKey.array(), 0, rowKey.size());
    return this;
  }

  /** {@return the array with the row key at its start, until the next is made} */
  public byte[] array() {
    return rowKey.array();
  }

  /** {@return how many bytes the row key has} */
  public int size() {
    return rowKey.size();
  }

  /** {@return murmur2 of the row key} */
  public int hash() {
    return hash;
  }

  /** {@return a copy of the row key} */
  public byte[] copy() {
    return rowKey.toByteArray();
  }
}
