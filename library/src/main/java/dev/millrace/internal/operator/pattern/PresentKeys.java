package dev.millrace.internal.operator.pattern;

import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowScan;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.util.Hashing;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The hashes of the keys that have a row. Most events are of keys that have none, which is known by
 * them without a look into the state store, nor a place in memory for a row that is not there.
 *
 * <p>What was there when the operator was made is read little by little, with each commit; nothing
 * is known until all of it was. If there are too many keys, nothing is known from then on.
 *
 * <p>I1: there is a hash for each row before {@link #next}, or for each if there is no next one; as
 * often as there are rows of that hash. I2: {@code slots[i] == 0} is a free slot, and there is none
 * between a hash and the place where it is looked for first.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class PresentKeys {

  private static final int LEAST_SLOTS = 64;

  /** A table that is as empty as it gets before it grows has so many bytes for a hash, about. */
  private static final int BYTES_OF_HASH = 16;

  private static final byte[] FIRST = {};

  private final RowStore<Object> rows;
  private final int most;
  private int[] slots = new int[LEAST_SLOTS];
  private int size;
  private boolean areTooMany;

  /** All rows before this key were seen; null if all were. */
  private byte @Nullable [] next;

  /**
   * Creates the hashes of the rows of a task.
   *
   * @param cacheBytes the memory that they may take
   */
  PresentKeys(RowStore<Object> rows, long cacheBytes) {
    this.rows = rows;
    this.most = (int) Math.min(cacheBytes / BYTES_OF_HASH, 1 << 28);
    this.next = rows.size().orElse(1) == 0 ? null : FIRST;
  }

  /** {@return whether it is known that no key of a hash has a row} */
  boolean isAbsent(int hash) {
    return next == null && !areTooMany && slots[slotOf(Hashing.slotHash(hash))] == 0;
  }

  /** Notes that a key has a row from now on. */
  void add(byte[] bytes, int offset, int length, int hash) {
    if (isSeen(bytes, offset, length)) {
      add(Hashing.slotHash(hash));
    }
  }

  /** Notes that a key has no row any more. */
  void remove(byte[] bytes, int offset, int length, int hash) {
    if (!areTooMany && isSeen(bytes, offset, length)) {
      remove(Hashing.slotHash(hash));
    }
  }

  private boolean isSeen(byte[] bytes, int offset, int length) {
    byte[] upTo = next;
    return upTo == null
        || Arrays.compareUnsigned(bytes, offset, offset + length, upTo, 0, upTo.length) < 0;
  }

  /** Reads on in what was there when the operator was made. */
  void readOn(int atOnce) {
    byte[] from = next;
    if (from == null || areTooMany) {
      return;
    }
    int read = 0;
    byte[] last = from;
    try (RowScan<Object> scan = rows.scan(from, null)) {
      while (read < atOnce && scan.next()) {
        Row<Object> row = scan.row();
        last = row.key();
        add(Hashing.slotHash(Hashing.murmur2(last, 0, last.length)));
        read++;
      }
    }
    // The smallest key after the last one is that with a zero at its end.
    next = read < atOnce ? null : Arrays.copyOf(last, last.length + 1);
  }

  // ------------------------------------------------------------------ the table

  /** The slot of a hash, or the free one where it would be. */
  private int slotOf(int slotHash) {
    int mask = slots.length - 1;
    int slot = slotHash & mask;
    while (slots[slot] != 0 && slots[slot] != slotHash) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private void add(int slotHash) {
    if (areTooMany || size == most) {
      areTooMany = true;
      slots = new int[LEAST_SLOTS];
      return;
    }
    if ((size + 1) * 5L > slots.length * 3L) {
      int[] old = slots;
      slots = new int[2 * old.length];
      for (int each : old) {
        if (each != 0) {
          place(each);
        }
      }
    }
    place(slotHash);
    size++;
  }

  private void place(int slotHash) {
    int mask = slots.length - 1;
    int slot = slotHash & mask;
    while (slots[slot] != 0) {
      slot = (slot + 1) & mask;
    }
    slots[slot] = slotHash;
  }

  /** Removes one of a hash, and moves up those that come after it on their way. */
  private void remove(int slotHash) {
    int mask = slots.length - 1;
    int free = slotOf(slotHash);
    if (slots[free] == 0) {
      throw new IllegalStateException("Cannot forget a key: it was not known to have a row");
    }
    size--;
    slots[free] = 0;
    for (int slot = (free + 1) & mask; slots[slot] != 0; slot = (slot + 1) & mask) {
      int wanted = slots[slot] & mask;
      boolean isBehind = ((slot - wanted) & mask) >= ((slot - free) & mask);
      if (isBehind) {
        slots[free] = slots[slot];
        slots[slot] = 0;
        free = slot;
      }
    }
  }
}
