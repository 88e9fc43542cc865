package dev.millrace.internal.shuffle;

import dev.millrace.internal.util.ByteWriter;

/**
 * A few records of a sum that are still to be looked up in a {@link PartialTable}.
 *
 * <p>A table is larger than the processor's own caches, so a lookup mostly waits for memory, and
 * what is done between two lookups is too much for the processor to begin the second one meanwhile.
 * So the records are collected, and the table {@linkplain PartialTable#prefetch reads} what all of
 * them need at once: the processor waits for many answers at the same time.
 *
 * <p>A sum that overflows is an error of the record that makes it, which is known at once. So only
 * records are taken whose numbers, together with all that are in the table, are no sum that could.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class LookupBatch {

  /** As many cache misses as a processor has under way at a time, and a few more. */
  private static final int RECORDS = 32;

  /** Keys of this many bytes are worth no copy. */
  private static final int LONG_KEY_BYTES = 256;

  private final ByteWriter keys = new ByteWriter(RECORDS * 16);
  private final int[] keyEnds = new int[RECORDS];
  private final int[] keyHashes = new int[RECORDS];
  private final long[] slices = new long[RECORDS];
  private final long[] times = new long[RECORDS];
  private final long[] numbers = new long[RECORDS];
  private int size;

  /** No sum of numbers that are here or in the table is further from 0. */
  private long bound;

  /**
   * {@return whether a record may be added; if not, it is to be looked up by itself, and its number
   * {@linkplain #passedBy noted}}
   */
  boolean takes(int keyLength, long number) {
    return number != Long.MIN_VALUE && bound + Math.abs(number) >= 0 && keyLength < LONG_KEY_BYTES;
  }

  /** Notes the number of a record that goes into the table without having been here. */
  void passedBy(long number) {
    long farther = bound + Math.abs(number); // Negative also for the smallest number.
    bound = farther < 0 ? Long.MAX_VALUE : farther;
  }

  /**
   * Adds a record; the key is copied.
   *
   * @return whether the batch is full now
   */
  boolean add(byte[] key, int length, int keyHash, long slice, long timeMs, long number) {
    keys.writeBytes(key, 0, length);
    keyEnds[size] = keys.size();
    keyHashes[size] = keyHash;
    slices[size] = slice;
    times[size] = timeMs;
    numbers[size] = number;
    bound += Math.abs(number);
    return ++size == RECORDS;
  }

  /** Has a table read what looking the records up needs. */
  void prefetch(PartialTable table) {
    table.prefetch(keyHashes, slices, size);
  }

  /** {@return how many records there are} */
  int size() {
    return size;
  }

  /** {@return the array that has the keys, until a record is added} */
  byte[] keys() {
    return keys.array();
  }

  /** {@return where in the array the key of a record starts} */
  int keyOffset(int record) {
    return record == 0 ? 0 : keyEnds[record - 1];
  }

  /** {@return the length of the key of a record} */
  int keyLength(int record) {
    return keyEnds[record] - keyOffset(record);
  }

  /** {@return the hash of the key of a record} */
  int keyHash(int record) {
    return keyHashes[record];
  }

  /** {@return the slice of a record} */
  long slice(int record) {
    return slices[record];
  }

  /** {@return the time of a record} */
  long timeMs(int record) {
    return times[record];
  }

  /** {@return the number of a record} */
  long number(int record) {
    return numbers[record];
  }

  /** Removes the records: they are in the table. */
  void clear() {
    keys.clear();
    size = 0;
  }

  /** Removes the records, and forgets all numbers: the table is empty. */
  void reset() {
    clear();
    bound = 0;
  }
}
