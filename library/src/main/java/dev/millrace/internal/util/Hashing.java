package dev.millrace.internal.util;

/**
 * The two hashes of the engine: Kafka's partitioning hash, and a fast one for tables in memory.
 *
 * <p><b>Threads.</b> Stateless.
 */
public final class Hashing {

  private Hashing() {}

  /**
   * {@return the 32-bit MurmurHash2 of the slice with Kafka's seed}
   *
   * <p>Partition = {@code toPositive(murmur2(key)) % partitions}, as Kafka's default partitioner
   * has it, so that keyed topics written by others line up with our shuffles.
   */
  public static int murmur2(byte[] bytes, int offset, int length) {
    final int m = 0x5bd1e995;
    int h = 0x9747b28c ^ length;
    int i = offset;
    int end = offset + (length & ~3);
    while (i < end) {
      int k =
          (bytes[i] & 0xFF)
              | (bytes[i + 1] & 0xFF) << 8
              | (bytes[i + 2] & 0xFF) << 16
              | (bytes[i + 3] & 0xFF) << 24;
      k *= m;
      k ^= k >>> 24;
      k *= m;
      h = h * m ^ k;
      i += 4;
    }
    int tail = length & 3;
    if (tail > 0) {
      if (tail == 3) {
        h ^= (bytes[i + 2] & 0xFF) << 16;
      }
      if (tail >= 2) {
        h ^= (bytes[i + 1] & 0xFF) << 8;
      }
      h ^= bytes[i] & 0xFF;
      h *= m;
    }
    h ^= h >>> 13;
    h *= m;
    return h ^ h >>> 15;
  }

  /** {@return the partition of a key among {@code partitions}} */
  public static int partition(int murmur2, int partitions) {
    return (murmur2 & 0x7FFF_FFFF) % partitions;
  }

  /** {@return the hash spread, and never 0, which marks a free slot in tables that keep hashes} */
  public static int slotHash(int hash) {
    int spread = spread(hash);
    return spread == 0 ? 1 : spread;
  }

  /**
   * Spreads a hash over all its bits, so that a table may use the low ones although the partition
   * used the same.
   */
  public static int spread(int hash) {
    int h = hash * 0x9E3779B9;
    return h ^ h >>> 16;
  }
}
