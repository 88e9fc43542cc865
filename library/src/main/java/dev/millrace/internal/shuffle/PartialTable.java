package dev.millrace.internal.shuffle;

import dev.millrace.internal.util.ByteRanges;
import dev.millrace.internal.util.Hashing;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.function.LongPredicate;

/**
 * Entries by key and slice, each with a few numbers: a table with open addressing over one array of
 * bytes, which has the entries in the order in which they were added.
 *
 * <p>The entries of a transaction take more memory than the processor's caches have, so what counts
 * is how many cache lines a lookup touches: one for the slot, which has the hash and the place of
 * the entry, and for a hit the one or two of the entry, where everything lies side by side. Key
 * bytes are compared only if the hashes are equal.
 *
 * <pre>
 *   offset  bytes  an entry, at a multiple of 8
 *        0      8  hash of the key in the upper half, its length in the lower one
 *        8      8  slice
 *       16     8n  numbers
 *  16 + 8n    ...  key, filled up to a multiple of 8
 * </pre>
 *
 * <p>An entry is named by its offset. There may be several entries of a key and slice, of which the
 * newest is found.
 *
 * <p>I1: {@code slots[i] == 0} is free, else the low half is the place of an entry, in units of 8
 * bytes and plus 1, and the high half its spread hash. I2: the table is at most three quarters
 * full.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class PartialTable {

  /** Stands for no entry. */
  static final int NONE = -1;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

  private static final int INITIAL_SLOTS = 1 << 11;
  private static final int INITIAL_BYTES = 1 << 16;

  /** The most that an entry has of the slots in a table that has grown: three. */
  private static final long SLOT_BYTES = 24;

  private static final int SLICE = 8;
  private static final int NUMBERS = 16;

  private static final int MOST_PREFETCHED = 64;

  /** How many slots an entry must have for itself before they are freed one by one. */
  private static final int SPARSE = 16;

  /** Where in an entry the key starts. */
  private final int keyAt;

  private long[] slots = new long[INITIAL_SLOTS];
  private byte[] bytes = new byte[INITIAL_BYTES];
  private int end;
  private int entries;

  /** Where the last search ended: a free slot, or that of what it found. */
  private int lastSlot;

  /** The slots that were read in advance. */
  private final long[] fetched = new long[MOST_PREFETCHED];

  /** Means nothing: what is read must go somewhere, or it is not read. */
  @SuppressWarnings("UnusedVariable")
  private byte touched;

  /**
   * Creates an empty table.
   *
   * @param numbers how many numbers an entry has
   */
  PartialTable(int numbers) {
    this.keyAt = NUMBERS + 8 * numbers;
  }

  // ------------------------------------------------------------------ entries

  /**
   * Reads what searches for some keys and slices will need, so that the processor has it in its
   * cache then. No read depends on another one but an entry's on that of its slot, so they go on at
   * the same time.
   *
   * @param count how many there are, 64 at most
   */
  void prefetch(int[] keyHashes, long[] slices, int count) {
    int mask = slots.length - 1;
    for (int i = 0; i < count; i++) {
      fetched[i] = slots[spread(keyHashes[i], slices[i]) & mask];
    }
    byte used = 0;
    int lastNumber = keyAt - 1;
    for (int i = 0; i < count; i++) {
      // The first entry stands in for none: a branch would be guessed wrong.
      int entry = Math.max(0, (int) fetched[i] - 1) << 3;
      used += bytes[entry];
      used += bytes[entry + lastNumber];
    }
    touched = used;
  }

  /**
   * {@return the newest entry of a key and slice, or {@link #NONE}}
   *
   * @param keyHash the same for the same key
   */
  int find(byte[] key, int keyOffset, int length, int keyHash, long slice) {
    int spread = spread(keyHash, slice);
    int mask = slots.length - 1;
    int at = spread & mask;
    int found = NONE;
    long slot;
    while ((slot = slots[at]) != 0) {
      if ((int) (slot >>> 32) == spread) {
        int entry = ((int) slot - 1) << 3;
        if (keyLength(entry) == length
            && slice(entry) == slice
            && ByteRanges.areEqual(bytes, entry + keyAt, key, keyOffset, length)) {
          found = entry;
          break;
        }
      }
      at = (at + 1) & mask;
    }
    lastSlot = at;
    return found;
  }

  /**
   * Adds an entry for what was searched last; one that was found is not found any more. Its numbers
   * are still to be set: they may be anything.
   *
   * @return the entry
   */
  int add(byte[] key, int keyOffset, int length, int keyHash, long slice) {
    if (entries * 4L >= slots.length * 3L) {
      rehash();
      int ignored = find(key, keyOffset, length, keyHash, slice);
    }
    int entry = end;
    reserve(keyAt + padded(length));
    LONG.set(bytes, entry, (long) keyHash << 32 | length);
    LONG.set(bytes, entry + SLICE, slice);
    System.arraycopy(key, keyOffset, bytes, entry + keyAt, length);
    end += keyAt + padded(length);
    entries++;
    slots[lastSlot] = slot(entry, keyHash, slice);
    return entry;
  }

  /** {@return a number of an entry} */
  long number(int entry, int index) {
    return (long) LONG.get(bytes, entry + NUMBERS + 8 * index);
  }

  /** Sets a number of an entry. */
  void set(int entry, int index, long number) {
    LONG.set(bytes, entry + NUMBERS + 8 * index, number);
  }

  /** {@return the array that has the keys, until the next entry is added} */
  byte[] bytes() {
    return bytes;
  }

  /** {@return where in the array the key of an entry starts} */
  int keyOffset(int entry) {
    return entry + keyAt;
  }

  /** {@return the length of the key of an entry} */
  int keyLength(int entry) {
    return (int) (long) LONG.get(bytes, entry);
  }

  /** {@return the slice of an entry} */
  long slice(int entry) {
    return (long) LONG.get(bytes, entry + SLICE);
  }

  /** {@return the hash of the key of an entry} */
  int keyHash(int entry) {
    return (int) ((long) LONG.get(bytes, entry) >>> 32);
  }

  // ------------------------------------------------------------------ all of them

  /** {@return how many entries there are} */
  int entries() {
    return entries;
  }

  /** {@return the end of the entries; the first is 0, unless the end is} */
  int end() {
    return end;
  }

  /** {@return the entry after another one, or the end} */
  int next(int entry) {
    return entry + keyAt + padded(keyLength(entry));
  }

  /** {@return how much memory the entries take, as a bound} */
  long usedBytes() {
    return end + entries * SLOT_BYTES;
  }

  /** Removes the entries of all other slices; those that stay move to the front, in order. */
  void retain(LongPredicate slices) {
    int all = end;
    Arrays.fill(slots, 0);
    entries = 0;
    end = 0;
    int entry = 0;
    while (entry < all) {
      int next = next(entry);
      if (slices.test(slice(entry))) {
        System.arraycopy(bytes, entry, bytes, end, next - entry);
        // Of several entries of a key and slice, the last one replaces those before it.
        int ignored = find(bytes, end + keyAt, keyLength(end), keyHash(end), slice(end));
        slots[lastSlot] = slot(end, keyHash(end), slice(end));
        end += next - entry;
        entries++;
      }
      entry = next;
    }
  }

  /** Removes all entries. */
  void clear() {
    clearSlots();
    entries = 0;
    end = 0;
  }

  /**
   * Frees all slots. Of a large table with few entries, as there is where order makes it drain
   * early, only those are touched that are in use: from an entry's first place on up to a free one.
   */
  private void clearSlots() {
    if (entries > slots.length / SPARSE) {
      Arrays.fill(slots, 0);
      return;
    }
    int mask = slots.length - 1;
    for (int entry = 0; entry < end; entry = next(entry)) {
      int at = spread(keyHash(entry), slice(entry)) & mask;
      while (slots[at] != 0) {
        slots[at] = 0;
        at = (at + 1) & mask;
      }
    }
  }

  // ------------------------------------------------------------------ inside

  private static long slot(int entry, int keyHash, long slice) {
    return (long) spread(keyHash, slice) << 32 | ((entry >>> 3) + 1);
  }

  private static int spread(int keyHash, long slice) {
    return Hashing.spread(keyHash + (int) slice * 31);
  }

  private void rehash() {
    long[] old = slots;
    slots = new long[old.length * 2];
    int mask = slots.length - 1;
    for (long slot : old) {
      if (slot != 0) {
        int at = (int) (slot >>> 32) & mask;
        while (slots[at] != 0) {
          at = (at + 1) & mask;
        }
        slots[at] = slot;
      }
    }
  }

  private static int padded(int length) {
    return (length + 7) & ~7;
  }

  private void reserve(int more) {
    int needed = end + more;
    if (needed > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(needed, bytes.length * 2));
    }
  }
}
