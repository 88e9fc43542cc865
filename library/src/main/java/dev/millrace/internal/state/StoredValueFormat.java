package dev.millrace.internal.state;

/**
 * The stored form of the values of one store, schema id included.
 *
 * <p><b>Threads.</b> Called by one worker at a time for a given task.
 */
public interface StoredValueFormat<V> {

  /** {@return the bytes of a value; equal values must have equal bytes} */
  byte[] toBytes(V value);

  /** {@return a value that shares nothing with the bytes and with no other value} */
  V fromBytes(byte[] bytes);

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
