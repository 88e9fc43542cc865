package dev.millrace.internal.broadcast;

import dev.millrace.internal.util.ByteWriter;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The canonical bytes of a key, which are equal if the keys are.
 *
 * <p><b>Threads.</b> Immutable, unless it is used {@linkplain #set as a probe}, by one thread.
 */
final class KeyBytes {

  private byte[] bytes;
  private int length;
  private int hash;

  /** Keeps the bytes of a key. */
  KeyBytes(byte[] bytes) {
    this.bytes = bytes;
    this.length = bytes.length;
    this.hash = hash(bytes, length);
  }

  /** Creates a probe for any number of keys, one after the other. */
  static KeyBytes probe() {
    return new KeyBytes(new byte[0]);
  }

  /** Makes this the bytes that a writer has, until these change. */
  KeyBytes set(ByteWriter writer) {
    bytes = writer.array();
    length = writer.size();
    hash = hash(bytes, length);
    return this;
  }

  private static int hash(byte[] bytes, int length) {
    int hash = 1;
    for (int i = 0; i < length; i++) {
      hash = 31 * hash + bytes[i];
    }
    return hash;
  }

  /** {@return how many they are} */
  int length() {
    return length;
  }

  @Override
  public int hashCode() {
    return hash;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof KeyBytes that
        && hash == that.hash
        && Arrays.equals(bytes, 0, length, that.bytes, 0, that.length);
  }
}
