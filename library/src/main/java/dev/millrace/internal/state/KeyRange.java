package dev.millrace.internal.state;

import java.util.Arrays;

/** Keys from {@code from} to {@code to}, exclusive, in the order of their bytes. */
final class KeyRange {

  final byte[] from;
  final byte[] to;

  KeyRange(byte[] from, byte[] to) {
    this.from = from;
    this.to = to;
  }

  boolean contains(byte[] key) {
    return Arrays.compareUnsigned(key, from) >= 0 && Arrays.compareUnsigned(key, to) < 0;
  }
}
