package dev.millrace.internal.operator.window;

import dev.millrace.internal.operator.KeyedRecord;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.Hashing;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Row keys that begin with a time: 8 bytes with the sign bit flipped, so that bytes sort as times
 * do, then the record's key.
 *
 * <p><b>Threads.</b> Confined to the task's worker; an instance holds one key at a time.
 */
final class WindowKeys {

  static final int TIME_BYTES = 8;

  private final ByteWriter key = new ByteWriter(64);
  private int hash;

  /** Makes the key of a record's row. */
  WindowKeys of(long timeMs, KeyedRecord record) {
    return of(timeMs, record.bytes(), record.keyOffset(), record.keyLength());
  }

  /** Makes the key of a row from a time and a key. */
  WindowKeys of(long timeMs, byte[] bytes, int offset, int length) {
    key.clear();
    key.writeLong(timeMs ^ Long.MIN_VALUE);
    key.writeBytes(bytes, offset, length);
    hash = Hashing.murmur2(key.array(), 0, key.size());
    return this;
  }

  byte[] array() {
    return key.array();
  }

  int size() {
    return key.size();
  }

  int hash() {
    return hash;
  }

  byte[] copy() {
    return key.toByteArray();
  }

  /** {@return the smallest row key of a time} */
  static byte[] first(long timeMs) {
    byte[] bytes = new byte[TIME_BYTES];
    long raw = timeMs ^ Long.MIN_VALUE;
    for (int i = TIME_BYTES - 1; i >= 0; i--) {
      bytes[i] = (byte) raw;
      raw >>>= 8;
    }
    return bytes;
  }

  /** {@return the smallest row key after all those of a time, or null if there is none} */
  static byte @Nullable [] behind(long timeMs) {
    return timeMs == Long.MAX_VALUE ? null : first(timeMs + 1);
  }

  /** {@return the row key of a time and a key} */
  static byte[] join(long timeMs, byte[] bytes) {
    byte[] joined = Arrays.copyOf(first(timeMs), TIME_BYTES + bytes.length);
    System.arraycopy(bytes, 0, joined, TIME_BYTES, bytes.length);
    return joined;
  }

  /** {@return the time in a row key} */
  static long time(byte[] rowKey) {
    long raw = 0;
    for (int i = 0; i < TIME_BYTES; i++) {
      raw = raw << 8 | (rowKey[i] & 0xFF);
    }
    return raw ^ Long.MIN_VALUE;
  }

  /** {@return the record's key in a row key} */
  static byte[] key(byte[] rowKey) {
    return Arrays.copyOfRange(rowKey, TIME_BYTES, rowKey.length);
  }
}
