package dev.millrace.internal.util;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The comparison of short ranges of bytes, such as keys: most are shorter than what it takes for
 * the general one of {@link java.util.Arrays} to pay.
 *
 * <p><b>Threads.</b> Stateless.
 */
public final class ByteRanges {

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.nativeOrder());

  private ByteRanges() {}

  /**
   * {@return whether two ranges have the same bytes}
   *
   * @param length of both, in bytes
   */
  public static boolean areEqual(
      byte[] bytes, int offset, byte[] others, int othersOffset, int length) {
    if (length < Long.BYTES) {
      return areShortEqual(bytes, offset, others, othersOffset, length);
    }
    // The last word may overlap the one before it.
    int last = length - Long.BYTES;
    for (int i = 0; i < last; i += Long.BYTES) {
      if ((long) LONG.get(bytes, offset + i) != (long) LONG.get(others, othersOffset + i)) {
        return false;
      }
    }
    return (long) LONG.get(bytes, offset + last) == (long) LONG.get(others, othersOffset + last);
  }

  private static boolean areShortEqual(
      byte[] bytes, int offset, byte[] others, int othersOffset, int length) {
    if (length >= Integer.BYTES) {
      int last = length - Integer.BYTES;
      return (int) INT.get(bytes, offset) == (int) INT.get(others, othersOffset)
          && (int) INT.get(bytes, offset + last) == (int) INT.get(others, othersOffset + last);
    }
    for (int i = 0; i < length; i++) {
      if (bytes[offset + i] != others[othersOffset + i]) {
        return false;
      }
    }
    return true;
  }
}
