package dev.millrace.internal.operator.window;

import dev.millrace.internal.util.Hashing;
import dev.millrace.internal.window.SliceRow;
import dev.millrace.internal.window.SliceRows;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The slices of all keys in memory, so that a record costs one lookup and a window two merges per
 * key, and a row is written once in a transaction.
 *
 * <p>Changes since the last {@link #write()} are only here; everything else is in rows too. The
 * queues are released when they grow too large.
 *
 * <p>I1: {@code hashes[i] == 0} is a free slot. I2: the table is at most half full.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class KeyRuns {

  private static final int RUN_BYTES = 176;
  private static final int SLICE_BYTES = 56;

  /** An accumulator and the aggregate merged from it, in multiples of its bytes in a row. */
  private static final int OBJECTS_PER_BYTES = 4;

  /** After so much of the room has changed, rows are written before the commit. */
  private static final int WRITES_PER_ROOM = 4;

  private static final int INITIAL_SLOTS = 64;

  private final Merging merging;
  private final SliceRows layout;
  private final KeyRun.Rows rows;
  private final long maxBytes;
  private final List<KeyRun> changed = new ArrayList<>();
  private List<KeyRun> inOrder = new ArrayList<>();
  private int[] hashes = new int[INITIAL_SLOTS];
  private @Nullable KeyRun[] table = new KeyRun[INITIAL_SLOTS];
  private boolean ordered = true;
  private long keyBytes;
  private long slices;
  private long changes;

  /** About how much memory accumulators have grown by since the last {@link #write()}. */
  private long grownBytes;

  /** The bytes of a slice, estimated from the rows that were written last. */
  private long sliceBytes = SLICE_BYTES;

  KeyRuns(Merging merging, SliceRows layout, KeyRun.Rows rows, long maxBytes) {
    this.merging = merging;
    this.layout = layout;
    this.rows = rows;
    this.maxBytes = maxBytes;
  }

  /**
   * {@return the queue of a key, or null if it has none}
   *
   * @param hash {@link Hashing#murmur2} of the key
   */
  @Nullable KeyRun find(byte[] key, int offset, int length, int hash) {
    int slotHash = Hashing.slotHash(hash);
    int mask = hashes.length - 1;
    int slot = slotHash & mask;
    int seen;
    while ((seen = hashes[slot]) != 0) {
      KeyRun run = table[slot];
      if (seen == slotHash
          && run != null
          && Arrays.equals(run.key, 0, run.key.length, key, offset, offset + length)) {
        return run;
      }
      slot = (slot + 1) & mask;
    }
    return null;
  }

  /** {@return a new queue of a key that has none} */
  KeyRun add(byte[] key, int offset, int length, int hash) {
    KeyRun run = new KeyRun(Arrays.copyOfRange(key, offset, offset + length), hash);
    inOrder.add(run);
    ordered = false;
    keyBytes += RUN_BYTES + length;
    if (inOrder.size() * 2 > hashes.length) {
      rehash(hashes.length * 2);
    } else {
      place(run);
    }
    return run;
  }

  private void rehash(int slots) {
    hashes = new int[slots];
    table = new KeyRun[slots];
    inOrder.forEach(this::place);
  }

  private void place(KeyRun run) {
    int slotHash = Hashing.slotHash(run.hash);
    int mask = hashes.length - 1;
    int slot = slotHash & mask;
    while (hashes[slot] != 0) {
      slot = (slot + 1) & mask;
    }
    hashes[slot] = slotHash;
    table[slot] = run;
  }

  /**
   * Takes a slice's new accumulator; returns false if there is no room for more.
   *
   * @param moreBytes about how much more memory it takes than the one before, if it is not short
   */
  boolean put(KeyRun run, long sliceEnd, Object accumulator, int moreBytes) {
    if (!run.isChanged()) {
      changed.add(run);
    }
    if (run.put(sliceEnd, accumulator)) {
      slices++;
    }
    run.grow(moreBytes);
    grownBytes += moreBytes;
    changes++;
    if (Math.max(changes * sliceBytes, grownBytes) > maxBytes / WRITES_PER_ROOM) {
      // Written now, the rows count towards the size of the transaction.
      write();
    }
    return hasRoom();
  }

  private boolean hasRoom() {
    return keyBytes + slices * sliceBytes + grownBytes <= maxBytes;
  }

  /** Takes the slices of a row; returns false if there is no room for them. */
  boolean load(KeyRun run, long rowEnd, SliceRow<Object> row) {
    for (SliceRow.Slice<Object> slice : row.slices()) {
      run.load(rowEnd - slice.beforeRowEndMs(), merging.copy(slice.accumulator()));
      slices++;
    }
    return hasRoom();
  }

  /** Writes the rows of all slices that have changed. */
  void write() {
    for (KeyRun run : changed) {
      run.write(merging, layout, rows);
    }
    changed.clear();
    changes = 0;
    grownBytes = 0;
  }

  /** Notes how large accumulators are in rows. */
  void measured(long accumulatorBytes) {
    sliceBytes = SLICE_BYTES + OBJECTS_PER_BYTES * accumulatorBytes;
  }

  /** {@return the keys in their order, without those that had no slice left at the last call} */
  List<KeyRun> inOrder() {
    List<KeyRun> kept = new ArrayList<>(inOrder.size());
    for (KeyRun run : inOrder) {
      if (!run.isEmpty()) {
        kept.add(run);
      } else {
        keyBytes -= RUN_BYTES + run.key.length;
      }
    }
    if (kept.size() < inOrder.size()) {
      inOrder = kept;
      rehash(hashes.length);
    }
    if (!ordered) {
      inOrder.sort((a, b) -> Arrays.compareUnsigned(a.key, b.key));
      ordered = true;
    }
    return inOrder;
  }

  /** {@return the end of the first slice of all, or {@link SliceTable#NONE} if there is none} */
  long firstEnd() {
    long first = SliceTable.NONE;
    for (KeyRun run : inOrder) {
      if (!run.isEmpty() && (first == SliceTable.NONE || run.firstEnd() < first)) {
        first = run.firstEnd();
      }
    }
    return first;
  }

  /**
   * {@return the accumulator of a key over a window, or null if it has none}
   *
   * @param nextStart where the next window starts: slices before that are dropped
   */
  @Nullable Object over(KeyRun run, long windowStart, long windowEnd, long nextStart) {
    int dropped = run.drop(windowStart, merging, layout, rows);
    Object result = run.upTo(windowEnd, merging);
    dropped += run.drop(nextStart, merging, layout, rows);
    slices -= dropped;
    return result;
  }
}
