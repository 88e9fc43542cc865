package dev.millrace.internal.state;

import java.util.Arrays;

/**
 * The stored form of the rows of one store: their values, schema id included, and in some stores
 * their times.
 *
 * <p><b>Threads.</b> Called by one worker at a time for a given task.
 */
public interface StoredValueFormat<V> {

  /** The time of a row that has none. */
  long NO_TIME = Long.MIN_VALUE;

  /** {@return the bytes of a value without a time; equal values must have equal bytes} */
  byte[] toBytes(V value);

  /**
   * {@return the bytes of a row}
   *
   * @param timeMs the row's time, which a format without times leaves out; or {@link #NO_TIME}
   */
  default byte[] toBytes(V value, long timeMs) {
    return toBytes(value);
  }

  /** {@return a value that shares nothing with the bytes and with no other value} */
  V fromBytes(byte[] bytes);

  /** {@return the time in a row's bytes, or {@link #NO_TIME}} */
  default long timeMs(byte[] bytes) {
    return NO_TIME;
  }

  /** {@return whether two rows have the same value, whatever their times} */
  default boolean isSame(byte[] bytes, byte[] others) {
    return Arrays.equals(bytes, others);
  }

  /**
   * {@return an estimate, rather too high, of the heap that a value of {@code storedBytes} takes}
   *
   * <p>The default fits records of a few numbers and texts. Formats of collections of small
   * numbers, which are many times larger as objects than as bytes, should return more.
   */
  default int heapBytes(int storedBytes) {
    return 48 + 3 * storedBytes;
  }
}
