package dev.millrace.internal.operator.window;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The order of keys that are one after the other in an array: as unsigned bytes, which is the order
 * of rows.
 *
 * <p>Nearly all keys are told apart by eight bytes, from where they begin to differ at all. So
 * these are sorted as numbers, with the number of the key in their last bits; only keys that are
 * equal so far are compared as a whole.
 *
 * <p><b>Threads.</b> Stateless.
 */
final class KeyOrder {

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  /** Up to so many keys, insertion is quicker than objects for a sort of the library. */
  private static final int FEW_KEYS = 16;

  private final byte[] bytes;
  private final int[] ends;

  private KeyOrder(byte[] bytes, int[] ends) {
    this.bytes = bytes;
    this.ends = ends;
  }

  /**
   * {@return the numbers of the keys, in their order}
   *
   * @param ends where each key ends, and the next begins; the first begins at 0
   * @param count how many keys there are
   */
  static int[] of(byte[] bytes, int[] ends, int count) {
    return new KeyOrder(bytes, ends).sorted(count);
  }

  private int[] sorted(int count) {
    int[] order = new int[count];
    if (count == 0) {
      return order;
    }
    int common = commonLength(count);
    long numberBits = (1L << (Integer.SIZE - Integer.numberOfLeadingZeros(count - 1))) - 1;
    long[] packed = new long[count];
    for (int i = 0; i < count; i++) {
      // Signed numbers are sorted, but bytes are unsigned.
      packed[i] = (first(start(i) + common, ends[i]) ^ Long.MIN_VALUE) & ~numberBits | i;
    }
    Arrays.sort(packed);
    int from = 0;
    for (int i = 0; i < count; i++) {
      order[i] = (int) (packed[i] & numberBits);
      if (i + 1 == count || (packed[i] | numberBits) != (packed[i + 1] | numberBits)) {
        if (i > from) {
          sortWhole(order, from, i + 1);
        }
        from = i + 1;
      }
    }
    return order;
  }

  private int start(int key) {
    return key == 0 ? 0 : ends[key - 1];
  }

  /** The number of bytes with which all keys begin. */
  private int commonLength(int count) {
    int common = ends[0];
    for (int i = 1; i < count && common > 0; i++) {
      int start = start(i);
      int length = Math.min(common, ends[i] - start);
      int differsAt = Arrays.mismatch(bytes, 0, length, bytes, start, start + length);
      common = differsAt < 0 ? length : differsAt;
    }
    return common;
  }

  /** The next eight bytes of a key as a number, with zeros after its end. */
  private long first(int from, int to) {
    int length = to - from;
    if (length >= Long.BYTES) {
      return (long) LONG.get(bytes, from);
    }
    long number = 0;
    for (int i = 0; i < length; i++) {
      number |= (bytes[from + i] & 0xFFL) << (Long.SIZE - Byte.SIZE * (i + 1));
    }
    return number;
  }

  private void sortWhole(int[] order, int from, int to) {
    if (to - from > FEW_KEYS) {
      Integer[] keys = new Integer[to - from];
      for (int i = from; i < to; i++) {
        keys[i - from] = order[i];
      }
      Arrays.sort(keys, this::compare);
      for (int i = from; i < to; i++) {
        order[i] = keys[i - from];
      }
      return;
    }
    for (int i = from + 1; i < to; i++) {
      int key = order[i];
      int at = i;
      while (at > from && compare(order[at - 1], key) > 0) {
        order[at] = order[at - 1];
        at--;
      }
      order[at] = key;
    }
  }

  private int compare(int one, int other) {
    return Arrays.compareUnsigned(bytes, start(one), ends[one], bytes, start(other), ends[other]);
  }
}
