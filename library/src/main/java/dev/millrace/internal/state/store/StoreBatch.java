package dev.millrace.internal.state.store;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Changes that a {@link StateStore} applies together: operations on rows, in order (a later one
 * wins), and the checkpoint they lead to.
 *
 * <p>The arrays are kept, not copied.
 *
 * <p><b>Threads.</b> Confined to one thread; reusable through {@link #clear()}.
 */
public final class StoreBatch {

  /** The receiver of a batch's operations, in order. */
  public interface Visitor {

    void put(byte[] key, byte[] value);

    void delete(byte[] key);

    void deleteRange(byte[] fromInclusive, byte[] toExclusive);
  }

  private static final byte PUT = 0;
  private static final byte DELETE = 1;
  private static final byte DELETE_RANGE = 2;
  private static final byte[] NOTHING = {};

  private byte[] kinds = new byte[64];
  private byte[][] keys = new byte[64][];
  private byte[][] operands = new byte[64][];
  private int size;
  private long bytes;
  private @Nullable Checkpoint checkpoint;

  /** Sets a row's value. */
  public StoreBatch put(byte[] key, byte[] value) {
    checkKey(key);
    return add(PUT, key, value);
  }

  /** Removes a row, if there is one. */
  public StoreBatch delete(byte[] key) {
    checkKey(key);
    return add(DELETE, key, NOTHING);
  }

  /** Removes all rows from {@code fromInclusive} up to {@code toExclusive}. */
  public StoreBatch deleteRange(byte[] fromInclusive, byte[] toExclusive) {
    checkKey(fromInclusive);
    if (Arrays.compareUnsigned(fromInclusive, toExclusive) > 0) {
      throw new IllegalArgumentException("Cannot delete a range: it ends before it starts");
    }
    return add(DELETE_RANGE, fromInclusive, toExclusive);
  }

  /** Sets the checkpoint that the store has after this batch. */
  public StoreBatch checkpoint(Checkpoint newCheckpoint) {
    checkpoint = newCheckpoint;
    return this;
  }

  /** {@return the checkpoint, or null if the batch leaves the store's as it is} */
  public @Nullable Checkpoint checkpoint() {
    return checkpoint;
  }

  /** {@return the number of operations} */
  public int size() {
    return size;
  }

  /** {@return the bytes of all keys and values} */
  public long bytes() {
    return bytes;
  }

  /** Hands every operation to the visitor, in order. */
  public void forEach(Visitor visitor) {
    for (int i = 0; i < size; i++) {
      switch (kinds[i]) {
        case PUT -> visitor.put(keys[i], operands[i]);
        case DELETE -> visitor.delete(keys[i]);
        default -> visitor.deleteRange(keys[i], operands[i]);
      }
    }
  }

  /** Forgets operations and checkpoint. */
  public void clear() {
    Arrays.fill(keys, 0, size, null);
    Arrays.fill(operands, 0, size, null);
    size = 0;
    bytes = 0;
    checkpoint = null;
  }

  private StoreBatch add(byte kind, byte[] key, byte[] operand) {
    if (size == kinds.length) {
      kinds = Arrays.copyOf(kinds, size * 2);
      keys = Arrays.copyOf(keys, size * 2);
      operands = Arrays.copyOf(operands, size * 2);
    }
    kinds[size] = kind;
    keys[size] = key;
    operands[size] = operand;
    size++;
    bytes += key.length + operand.length;
    return this;
  }

  private static void checkKey(byte[] key) {
    if (key.length == 0 || key[0] == 0) {
      throw new IllegalArgumentException(
          "Cannot change a row: keys that are empty or start with the byte 0 are reserved");
    }
  }
}
