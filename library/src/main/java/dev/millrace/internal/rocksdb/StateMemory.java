package dev.millrace.internal.rocksdb;

import dev.millrace.error.ConfigurationException;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.ChecksumType;
import org.rocksdb.Env;
import org.rocksdb.IndexType;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.Priority;
import org.rocksdb.WriteBufferManager;

/**
 * The native memory of one instance's state: a budget that all its stores share.
 *
 * <p>One block cache holds the data, index and filter blocks that were read, and is charged for the
 * write buffers too, so that more of one leaves less for the other:
 *
 * <pre>
 *   state.memory  = cache 7/8 + reserve 1/8
 *   cache         = blocks (the most recently used) + write buffers (at most 1/4 of state.memory)
 *   reserve       = what RocksDB does not charge: open files, compactions, the allocator's slack
 * </pre>
 *
 * <p>The cache may pass its capacity for a moment rather than fail a read.
 *
 * <p><b>Threads.</b> Safe for any thread. To be closed after the stores.
 */
public final class StateMemory implements AutoCloseable {

  private static final long KIB = 1024;
  private static final long MIB = 1024 * KIB;
  private static final long MIN_BYTES = 8 * MIB;

  private final long bytes;
  private final long cacheBytes;
  private final Cache cache;
  private final WriteBufferManager writeBuffers;
  private final BloomFilter filter;

  /**
   * Sets the budget up.
   *
   * @throws ConfigurationException if it is too small to work with
   * @throws dev.millrace.error.StateStoreException if RocksDB cannot be loaded
   */
  public StateMemory(long bytes) {
    if (bytes < MIN_BYTES) {
      throw new ConfigurationException(
          "Cannot share out state.memory: it is too small ("
              + bytes
              + " bytes, at least "
              + MIN_BYTES
              + "). Raise state.memory, or set state.store=memory");
    }
    NativeLibrary.load();
    this.bytes = bytes;
    int shardBits = bytes >= 512 * MIB ? 4 : 2;
    this.cacheBytes = bytes - bytes / 8;
    this.cache = new LRUCache(cacheBytes, shardBits, false, 0.5);
    this.writeBuffers = new WriteBufferManager(bytes / 4, cache);
    this.filter = new BloomFilter(10);
    int threads = Math.max(1, Math.min(4, Runtime.getRuntime().availableProcessors() / 2));
    Env.getDefault().setBackgroundThreads(threads, Priority.LOW);
    Env.getDefault().setBackgroundThreads(1, Priority.HIGH);
  }

  /** {@return the budget in bytes} */
  public long bytes() {
    return bytes;
  }

  /** {@return the size of the cache in bytes} */
  public long cacheBytes() {
    return cacheBytes;
  }

  /** {@return how much of the cache is in use, write buffers included, in bytes} */
  public long usedBytes() {
    return cache.getUsage();
  }

  @Override
  public void close() {
    filter.close();
    writeBuffers.close();
    cache.close();
  }

  /** Makes a database's options draw on this budget. */
  void applyTo(Options options) {
    BlockBasedTableConfig table =
        new BlockBasedTableConfig()
            .setBlockCache(cache)
            .setCacheIndexAndFilterBlocks(true)
            .setCacheIndexAndFilterBlocksWithHighPriority(true)
            // Only the top level of indexes and filters stays; the parts, a few KiB each, come and
            // go. Rows of 32 bytes need an index and filters too large to be kept whole.
            .setIndexType(IndexType.kTwoLevelIndexSearch)
            .setPartitionFilters(true)
            .setMetadataBlockSize(4 * KIB)
            .setPinTopLevelIndexAndFilter(true)
            .setFilterPolicy(filter)
            .setBlockSize(4 * KIB)
            .setFormatVersion(6)
            .setChecksumType(ChecksumType.kXXH3);
    long writeBufferBytes = Math.max(MIB, Math.min(32 * MIB, bytes / 32));
    options
        .setTableFormatConfig(table)
        .setWriteBufferManager(writeBuffers)
        .setWriteBufferSize(writeBufferBytes)
        .setArenaBlockSize(Math.max(32 * KIB, writeBufferBytes / 32))
        .setMaxWriteBufferNumber(3)
        .setMemtableWholeKeyFiltering(true)
        .setMemtablePrefixBloomSizeRatio(0.05)
        .setTargetFileSizeBase(Math.max(8 * MIB, writeBufferBytes))
        .setMaxBytesForLevelBase(Math.max(32 * MIB, 4 * writeBufferBytes))
        .setCompactionReadaheadSize(256 * KIB)
        .setWritableFileMaxBufferSize(256 * KIB);
  }
}
