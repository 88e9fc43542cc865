package dev.millrace.sidebyside.figures;

/**
 * A number per key, for millions of keys: the results of a job, as they should be or as they were
 * read.
 *
 * <p>Keys are kept as hashes of 64 bits. That two of five million keys have the same one, and a
 * difference between them goes unnoticed, has a probability below one in a million.
 *
 * <p><b>Threads.</b> One.
 */
public final class Counts {

  private long[] hashes = new long[1 << 12];
  private long[] values = new long[1 << 12];
  private int size;
  private long total;

  /**
   * Adds to the number of a key, which is 0 at first.
   *
   * @return the number that was added
   */
  public long add(String key, long number) {
    int slot = slot(key);
    values[slot] += number;
    total += number;
    return number;
  }

  /** Sets the number of a key and returns by how much it has grown. */
  public long put(String key, long number) {
    int slot = slot(key);
    long growth = number - values[slot];
    values[slot] = number;
    total += growth;
    return growth;
  }

  /** {@return the sum of all numbers} */
  public long total() {
    return total;
  }

  /** {@return the number of keys} */
  public int size() {
    return size;
  }

  /** {@return in what other results differ from these} */
  public Comparison compare(Counts actual) {
    long missing = 0;
    long different = 0;
    for (int i = 0; i < hashes.length; i++) {
      if (hashes[i] != 0) {
        int at = actual.find(hashes[i]);
        if (actual.hashes[at] == 0) {
          missing++;
        } else if (actual.values[at] != values[i]) {
          different++;
        }
      }
    }
    long unexpected = actual.size - (size - missing);
    return new Comparison(size, missing, unexpected, different);
  }

  private int slot(String key) {
    long hash = hash(key);
    int slot = find(hash);
    if (hashes[slot] == 0) {
      if (size >= hashes.length / 2) {
        grow();
        slot = find(hash);
      }
      hashes[slot] = hash;
      size++;
    }
    return slot;
  }

  private int find(long hash) {
    int mask = hashes.length - 1;
    int slot = (int) hash & mask;
    while (hashes[slot] != 0 && hashes[slot] != hash) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private void grow() {
    long[] oldHashes = hashes;
    long[] oldValues = values;
    hashes = new long[oldHashes.length * 2];
    values = new long[oldValues.length * 2];
    for (int i = 0; i < oldHashes.length; i++) {
      if (oldHashes[i] != 0) {
        int slot = find(oldHashes[i]);
        hashes[slot] = oldHashes[i];
        values[slot] = oldValues[i];
      }
    }
  }

  private static long hash(String key) {
    long hash = key.length();
    for (int i = 0; i < key.length(); i++) {
      hash = (hash ^ key.charAt(i)) * 0x9E3779B97F4A7C15L;
      hash ^= hash >>> 32;
    }
    hash *= 0xD6E8FEB86659FD93L;
    hash ^= hash >>> 32;
    // 0 marks a free slot.
    return hash == 0 ? 1 : hash;
  }

  /**
   * In what the results of a run differ from what they should be.
   *
   * @param expected how many keys there should be
   * @param missing how many of them are not there
   * @param unexpected how many are there that should not be
   * @param different how many have another number
   */
  public record Comparison(long expected, long missing, long unexpected, long different) {

    /** {@return whether there is no difference} */
    public boolean isEqual() {
      return missing == 0 && unexpected == 0 && different == 0;
    }

    @Override
    public String toString() {
      return isEqual()
          ? "equal"
          : "of "
              + expected
              + " keys "
              + missing
              + " missing, "
              + different
              + " different, "
              + unexpected
              + " unexpected";
    }
  }
}
