package dev.millrace.internal.state;

import java.util.Arrays;
import java.util.List;

/**
 * The rough order of rows by their keys, in which a state store takes them up for much less: each
 * row goes into its memtable near the one before, so that the nodes on the way to its place are in
 * the processor's cache already.
 *
 * <p>Compared are the first bytes after those that all keys have in common, so that no key is read
 * more than twice. Rows that do not differ in these are in the order of the list.
 *
 * <pre>
 *   entry = as many bits of the key as there is room for | the row's place in the list
 * </pre>
 *
 * <p><b>Threads.</b> Immutable.
 */
final class KeyOrder {

  private final long[] entries;
  private final long placeMask;

  private KeyOrder(long[] entries, long placeMask) {
    this.entries = entries;
    this.placeMask = placeMask;
  }

  /** {@return the order of the rows of a list} */
  static KeyOrder of(List<? extends Row<?>> rows) {
    int count = rows.size();
    long placeMask = count < 2 ? 0 : (Long.highestOneBit(count - 1) << 1) - 1;
    int common = commonBytes(rows);
    long[] entries = new long[count];
    for (int place = 0; place < count; place++) {
      // Bytes are ordered as unsigned ones, longs are not.
      long compared = firstBytes(rows.get(place).fullKey, common) ^ Long.MIN_VALUE;
      entries[place] = (compared & ~placeMask) | place;
    }
    Arrays.sort(entries);
    return new KeyOrder(entries, placeMask);
  }

  /** {@return the place in the list of the row that is the n-th in this order} */
  int place(int n) {
    return (int) (entries[n] & placeMask);
  }

  /** Returns how many bytes are the same at the start of all keys. */
  private static int commonBytes(List<? extends Row<?>> rows) {
    if (rows.isEmpty()) {
      return 0;
    }
    byte[] first = rows.get(0).fullKey;
    int common = first.length;
    for (int i = 1; i < rows.size(); i++) {
      byte[] key = rows.get(i).fullKey;
      int length = Math.min(common, key.length);
      int mismatch = Arrays.mismatch(first, 0, length, key, 0, length);
      common = mismatch < 0 ? length : mismatch;
    }
    return common;
  }

  /** Returns 8 bytes of a key as a number, as if zeros came after its end. */
  private static long firstBytes(byte[] key, int from) {
    long number = 0;
    for (int i = from; i < from + Long.BYTES; i++) {
      number = (number << 8) | (i < key.length ? key[i] & 0xFF : 0);
    }
    return number;
  }
}
