package dev.millrace.internal.util;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The order of keys as unsigned bytes, which is that of rows.
 *
 * <p>Nearly all keys differ within a few bytes, from where they begin to differ at all. So these
 * are sorted as numbers, with the number of the key in their last bits: one sort of primitives,
 * which reads each key twice and compares no arrays.
 *
 * <pre>
 *   entry = as many bits of the key as there is room for | the key's number
 * </pre>
 *
 * <p>Keys that are equal so far are compared as a whole if they are few, and else sorted in the
 * same way from where these begin to differ.
 *
 * <p><b>Threads.</b> Confined to one thread; what is returned is the caller's.
 */
public final class KeyOrder {

  /** Keys by number, each a stretch of an array. */
  public interface Keys {

    /** {@return the array that holds a key} */
    byte[] keyBytes(int number);

    /** {@return where in its array a key starts} */
    int keyOffset(int number);

    /** {@return how many bytes a key has} */
    int keyLength(int number);
  }

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  /** Up to so many keys, comparing them is quicker than another round. */
  private static final int FEW_KEYS = 16;

  private final Keys keys;
  private final int[] order;
  private final long numberBits;

  private KeyOrder(Keys keys, int count) {
    this.keys = keys;
    this.order = new int[count];
    this.numberBits = (1L << (Integer.SIZE - Integer.numberOfLeadingZeros(count - 1))) - 1;
  }

  /**
   * {@return the numbers of the keys, in the order of these; those of equal keys in their own
   * order}
   *
   * @param count how many keys there are; their numbers begin at 0
   */
  public static int[] of(Keys keys, int count) {
    if (count == 0) {
      return new int[0];
    }
    KeyOrder sorted = new KeyOrder(keys, count);
    for (int i = 0; i < count; i++) {
      sorted.order[i] = i;
    }
    sorted.sort(0, count, 0);
    return sorted.order;
  }

  /** Sorts a part of the order whose keys begin with the same {@code known} bytes, at least. */
  private void sort(int from, int to, int known) {
    int common = commonLength(from, to, known);
    long[] entries = new long[to - from];
    for (int i = from; i < to; i++) {
      // Signed numbers are sorted, but bytes are unsigned.
      entries[i - from] = (first(order[i], common) ^ Long.MIN_VALUE) & ~numberBits | order[i];
    }
    Arrays.sort(entries);
    int begin = from;
    for (int i = from; i < to; i++) {
      long entry = entries[i - from];
      order[i] = (int) (entry & numberBits);
      if (i + 1 == to || (entry | numberBits) != (entries[i + 1 - from] | numberBits)) {
        sortEqual(begin, i + 1, common);
        begin = i + 1;
      }
    }
  }

  /** Sorts a part of the order whose keys are equal in those bytes that were sorted as numbers. */
  private void sortEqual(int from, int to, int common) {
    if (to - from <= FEW_KEYS) {
      insert(from, to);
    } else if (commonLength(from, to, common) > common) {
      sort(from, to, common);
    } else {
      // One of them ends here, and others go on with zeros, which in numbers is the same.
      compareAll(from, to);
    }
  }

  /** {@return with how many bytes all keys of a part begin} */
  private int commonLength(int from, int to, int known) {
    byte[] bytes = keys.keyBytes(order[from]);
    int start = keys.keyOffset(order[from]);
    int common = keys.keyLength(order[from]);
    for (int i = from + 1; i < to && common > known; i++) {
      int other = keys.keyOffset(order[i]);
      int length = Math.min(common, keys.keyLength(order[i]));
      int differsAt =
          Arrays.mismatch(
              bytes,
              start + known,
              start + length,
              keys.keyBytes(order[i]),
              other + known,
              other + length);
      common = differsAt < 0 ? length : known + differsAt;
    }
    return common;
  }

  /** {@return eight bytes of a key as a number, with zeros after its end} */
  private long first(int key, int from) {
    byte[] bytes = keys.keyBytes(key);
    int at = keys.keyOffset(key) + from;
    int length = keys.keyLength(key) - from;
    if (length >= Long.BYTES) {
      return (long) LONG.get(bytes, at);
    }
    long number = 0;
    for (int i = 0; i < length; i++) {
      number |= (bytes[at + i] & 0xFFL) << (Long.SIZE - Byte.SIZE * (i + 1));
    }
    return number;
  }

  private void insert(int from, int to) {
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

  private void compareAll(int from, int to) {
    Integer[] sorted = new Integer[to - from];
    for (int i = from; i < to; i++) {
      sorted[i - from] = order[i];
    }
    Arrays.sort(sorted, this::compare);
    for (int i = from; i < to; i++) {
      order[i] = sorted[i - from];
    }
  }

  private int compare(int one, int other) {
    int oneAt = keys.keyOffset(one);
    int otherAt = keys.keyOffset(other);
    return Arrays.compareUnsigned(
        keys.keyBytes(one),
        oneAt,
        oneAt + keys.keyLength(one),
        keys.keyBytes(other),
        otherAt,
        otherAt + keys.keyLength(other));
  }
}
