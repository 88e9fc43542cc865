package dev.millrace.internal.operator.window;

import dev.millrace.internal.operator.KeyedRecord;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.Hashing;
import dev.millrace.internal.util.KeyOrder;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A window that has no rows: the accumulators of its keys in a table in memory, and, once it fires,
 * a cursor over them in the order of keys.
 *
 * <p>The bytes of all keys are in one array, in the order in which the keys came, so that a key
 * costs no object.
 *
 * <p>I1: {@code hashes[slot] == 0} is a free slot. I2: the table is at most half full. I3: a key
 * whose accumulator is null has been taken by the cursor.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class FreshWindow implements KeyOrder.Keys {

  /** Stands for a key that the window does not have. */
  static final int NONE = -1;

  private static final int MIN_SLOTS = 32;
  private static final int BYTES_OF_USUAL_KEY = 16;
  private static final int[] NOT_FIRING = {};

  private final long end;
  private final ByteWriter keys;
  private int[] keyEnds;
  private @Nullable Object[] accumulators;
  private int[] hashes;

  /** The number of the key in each slot. */
  private int[] numbers;

  private int size;
  private long bytes;

  private int[] order = NOT_FIRING;
  private int taken;

  /**
   * Creates a window without keys.
   *
   * @param expected how many keys there may be
   */
  FreshWindow(long end, int expected) {
    int slots = MIN_SLOTS;
    while (slots < expected * 2) {
      slots *= 2;
    }
    this.end = end;
    this.keys = new ByteWriter(slots / 2 * BYTES_OF_USUAL_KEY);
    this.keyEnds = new int[slots / 2];
    this.accumulators = new Object[slots / 2];
    this.hashes = new int[slots];
    this.numbers = new int[slots];
  }

  long end() {
    return end;
  }

  /** {@return how many keys the window has had} */
  int size() {
    return size;
  }

  /** {@return how many bytes all of its keys have together} */
  int bytesOfKeys() {
    return keys.size();
  }

  /** {@return how much memory it takes, as far as {@link #grow} was called for it} */
  long bytes() {
    return bytes;
  }

  /** Notes that it takes more memory. */
  void grow(long more) {
    bytes += more;
  }

  // ------------------------------------------------------------------ by key

  /** {@return the number of a record's key, or {@link #NONE}} */
  int find(KeyedRecord record) {
    int slotHash = Hashing.slotHash(record.keyHash());
    int mask = hashes.length - 1;
    int slot = slotHash & mask;
    int seen;
    while ((seen = hashes[slot]) != 0) {
      if (seen == slotHash && isKey(numbers[slot], record)) {
        return numbers[slot];
      }
      slot = (slot + 1) & mask;
    }
    return NONE;
  }

  private boolean isKey(int number, KeyedRecord record) {
    int from = record.keyOffset();
    return Arrays.equals(
        keys.array(),
        keyOffset(number),
        keyEnds[number],
        record.bytes(),
        from,
        from + record.keyLength());
  }

  /** {@return the accumulator of a key} */
  Object accumulator(int number) {
    return Objects.requireNonNull(accumulators[number], "the key has fired");
  }

  /** Replaces the accumulator of a key. */
  void set(int number, Object accumulator) {
    accumulators[number] = accumulator;
  }

  /** Adds the key of a record, which the window does not have. */
  void add(KeyedRecord record, Object accumulator) {
    if (size == keyEnds.length) {
      keyEnds = Arrays.copyOf(keyEnds, size * 2);
      accumulators = Arrays.copyOf(accumulators, size * 2);
      rehash(hashes.length * 2);
    }
    keys.writeBytes(record.bytes(), record.keyOffset(), record.keyLength());
    keyEnds[size] = keys.size();
    accumulators[size] = accumulator;
    place(Hashing.slotHash(record.keyHash()), size);
    size++;
  }

  private void rehash(int slots) {
    int[] oldHashes = hashes;
    int[] oldNumbers = numbers;
    hashes = new int[slots];
    numbers = new int[slots];
    for (int i = 0; i < oldHashes.length; i++) {
      if (oldHashes[i] != 0) {
        place(oldHashes[i], oldNumbers[i]);
      }
    }
  }

  private void place(int slotHash, int number) {
    int mask = hashes.length - 1;
    int slot = slotHash & mask;
    while (hashes[slot] != 0) {
      slot = (slot + 1) & mask;
    }
    hashes[slot] = slotHash;
    numbers[slot] = number;
  }

  // ------------------------------------------------------------------ all keys

  /** {@return the array that has a key, until one is added} */
  @Override
  public byte[] keyBytes(int number) {
    return keys.array();
  }

  @Override
  public int keyOffset(int number) {
    return number == 0 ? 0 : keyEnds[number - 1];
  }

  @Override
  public int keyLength(int number) {
    return keyEnds[number] - keyOffset(number);
  }

  /** {@return whether the cursor has taken this key} */
  boolean isTaken(int number) {
    return accumulators[number] == null;
  }

  /** {@return whether the cursor has a key to take; no key may be added after the first call} */
  boolean hasNext() {
    if (order == NOT_FIRING) {
      order = KeyOrder.of(this, size);
    }
    return taken < size;
  }

  /** {@return the number of the next key in the order of keys} */
  int next() {
    return order[taken];
  }

  /** Takes the next key; returns its accumulator, which the window does not need any more. */
  Object take() {
    int number = order[taken++];
    Object accumulator = accumulator(number);
    accumulators[number] = null;
    return accumulator;
  }
}
