package dev.millrace.internal.restore;

import dev.millrace.internal.state.store.StoreBatch;
import dev.millrace.internal.util.KeyOrder;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Rows of a changelog that were replayed and that the store does not have yet. It gets them in the
 * order of their keys, which is what it takes in most quickly, and of each key only the last.
 *
 * <p>They are bytes in one array, with their places beside: as objects, garbage collections would
 * copy them until they are written.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class ReplayedRows implements KeyOrder.Keys {

  private static final int DELETED = -1;

  /** An array cannot be larger. */
  private static final int MOST_BYTES = Integer.MAX_VALUE - 8;

  private static final int BYTES_OF_PLACES = 3 * Integer.BYTES;

  /** Keys, each followed by its value. */
  private byte[] bytes = new byte[4096];

  private int used;
  private int[] starts = new int[64];
  private int[] keyLengths = new int[64];
  private int[] valueLengths = new int[64];
  private int count;

  /** Adds records that follow those that were added before. */
  void add(List<ConsumerRecord<byte[], byte[]>> records) {
    for (ConsumerRecord<byte[], byte[]> record : records) {
      add(TaskRows.localKey(record.key()), record.value());
    }
  }

  private void add(byte[] key, byte @Nullable [] value) {
    if (count == starts.length) {
      starts = Arrays.copyOf(starts, 2 * count);
      keyLengths = Arrays.copyOf(keyLengths, 2 * count);
      valueLengths = Arrays.copyOf(valueLengths, 2 * count);
    }
    starts[count] = used;
    keyLengths[count] = key.length;
    append(key);
    if (value == null) {
      valueLengths[count] = DELETED;
    } else {
      valueLengths[count] = value.length;
      append(value);
    }
    count++;
  }

  private void append(byte[] part) {
    int end = Math.addExact(used, part.length);
    if (end > bytes.length) {
      bytes = Arrays.copyOf(bytes, (int) Math.min(Math.max(2L * bytes.length, end), MOST_BYTES));
    }
    System.arraycopy(part, 0, bytes, used, part.length);
    used = end;
  }

  /** {@return whether there are none} */
  boolean isEmpty() {
    return count == 0;
  }

  /** {@return how much heap they take, at least} */
  long heapBytes() {
    return used + (long) count * BYTES_OF_PLACES;
  }

  /** Adds the rows to a batch. */
  void addTo(StoreBatch batch) {
    // Records of the same key keep their order, so that the last of them is the latest.
    int[] order = KeyOrder.of(this, count);
    for (int i = 0; i < count; i++) {
      int row = order[i];
      if (i + 1 == count || !haveSameKey(row, order[i + 1])) {
        int value = starts[row] + keyLengths[row];
        byte[] key = Arrays.copyOfRange(bytes, starts[row], value);
        if (valueLengths[row] == DELETED) {
          batch.delete(key);
        } else {
          batch.put(key, Arrays.copyOfRange(bytes, value, value + valueLengths[row]));
        }
      }
    }
  }

  private boolean haveSameKey(int one, int other) {
    return Arrays.equals(
        bytes,
        starts[one],
        starts[one] + keyLengths[one],
        bytes,
        starts[other],
        starts[other] + keyLengths[other]);
  }

  /** Forgets all of them. */
  void clear() {
    used = 0;
    count = 0;
  }

  @Override
  public byte[] keyBytes(int number) {
    return bytes;
  }

  @Override
  public int keyOffset(int number) {
    return starts[number];
  }

  @Override
  public int keyLength(int number) {
    return keyLengths[number];
  }
}
