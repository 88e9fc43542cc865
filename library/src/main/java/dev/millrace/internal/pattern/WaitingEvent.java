package dev.millrace.internal.pattern;

import java.util.Arrays;

/**
 * An event that waits for the watermark.
 *
 * @param key the length of its key, the key, and the number of its arrival
 */
@SuppressWarnings("ArrayRecordComponent") // never compared as a whole
public record WaitingEvent<T>(long timeMs, byte[] key, T value)
    implements Comparable<WaitingEvent<T>> {

  /** The order is that of their turns: by time, then those of a key as they have come. */
  @Override
  public int compareTo(WaitingEvent<T> other) {
    int byTime = Long.compare(timeMs, other.timeMs);
    return byTime != 0 ? byTime : Arrays.compareUnsigned(key, other.key);
  }

  /** {@return whether it is of a key, given as its length and the key} */
  public boolean isOf(byte[] lengthAndKey) {
    return key.length == lengthAndKey.length + Long.BYTES
        && Arrays.equals(key, 0, lengthAndKey.length, lengthAndKey, 0, lengthAndKey.length);
  }
}
