package dev.millrace.internal.state;

import dev.millrace.internal.util.Hashing;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a store that are in memory, by key bytes: a table with open addressing whose slots
 * keep the hashes, so that a lookup of a row that is there is one probe and one comparison of
 * bytes.
 *
 * <p>I1: {@code hashes[i] == 0} is a free slot. I2: the table is at most 60 % full.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class RowTable<V> {

  private static final int MIN_CAPACITY = 64;

  private final int prefixLength;
  private int[] hashes = new int[MIN_CAPACITY];
  private Row<V>[] rows = slots(MIN_CAPACITY);
  private int size;

  /**
   * Creates an empty table.
   *
   * @param prefixLength of each row's key, by how many bytes it is longer than what is looked up
   */
  RowTable(int prefixLength) {
    this.prefixLength = prefixLength;
  }

  /**
   * {@return the row of a key, or null if it is not in memory}
   *
   * @param slotHash {@link Hashing#slotHash} of the key's hash
   */
  @Nullable Row<V> find(byte[] bytes, int offset, int length, int slotHash) {
    int mask = hashes.length - 1;
    int slot = slotHash & mask;
    int seen;
    while ((seen = hashes[slot]) != 0) {
      if (seen == slotHash) {
        Row<V> row = rows[slot];
        byte[] key = row.fullKey;
        if (Arrays.equals(key, prefixLength, key.length, bytes, offset, offset + length)) {
          return row;
        }
      }
      slot = (slot + 1) & mask;
    }
    return null;
  }

  /** Adds a row whose key is not in the table. */
  void insert(Row<V> row, int slotHash) {
    if ((size + 1) * 5L > hashes.length * 3L) {
      rebuild(capacityFor(size + 1));
    }
    place(row, slotHash);
    size++;
  }

  /** Hands over all rows, in no order. */
  void forEach(Consumer<Row<V>> consumer) {
    for (Row<V> row : rows) {
      if (row != null) {
        consumer.accept(row);
      }
    }
  }

  /** Removes the rows of which the condition holds; it is asked once for each. */
  void removeIf(Predicate<Row<V>> isGone) {
    int kept = 0;
    for (int i = 0; i < rows.length; i++) {
      if (rows[i] != null) {
        if (isGone.test(rows[i])) {
          rows[i] = null;
        } else {
          kept++;
        }
      }
    }
    size = kept;
    rebuild(capacityFor(kept));
  }

  private void rebuild(int capacity) {
    Row<V>[] oldRows = rows;
    int[] oldHashes = hashes;
    hashes = new int[capacity];
    rows = slots(capacity);
    for (int i = 0; i < oldRows.length; i++) {
      if (oldRows[i] != null) {
        place(oldRows[i], oldHashes[i]);
      }
    }
  }

  private void place(Row<V> row, int slotHash) {
    int mask = hashes.length - 1;
    int slot = slotHash & mask;
    while (hashes[slot] != 0) {
      slot = (slot + 1) & mask;
    }
    hashes[slot] = slotHash;
    rows[slot] = row;
  }

  /** The smallest power of two that {@code rows} fill to 60 % at most. */
  private static int capacityFor(int rows) {
    int capacity = MIN_CAPACITY;
    while (rows * 5L > capacity * 3L) {
      capacity *= 2;
    }
    return capacity;
  }

  @SuppressWarnings("unchecked") // only Row<V> are put in
  static <V> Row<V>[] slots(int capacity) {
    return (Row<V>[]) new Row<?>[capacity];
  }
}
