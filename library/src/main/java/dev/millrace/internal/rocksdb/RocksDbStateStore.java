package dev.millrace.internal.rocksdb;

import static java.util.Objects.requireNonNull;

import dev.millrace.error.MillraceException;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.state.store.Checkpoint;
import dev.millrace.internal.state.store.DamagedStateException;
import dev.millrace.internal.state.store.RowIterator;
import dev.millrace.internal.state.store.StateStore;
import dev.millrace.internal.state.store.StoreBatch;
import dev.millrace.internal.state.store.StoreSizes;
import dev.millrace.internal.util.MalformedBytesException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.rocksdb.CompressionType;
import org.rocksdb.FlushOptions;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.MutableColumnFamilyOptions;
import org.rocksdb.MutableColumnFamilyOptions.MutableColumnFamilyOptionsBuilder;
import org.rocksdb.Options;
import org.rocksdb.Range;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.SizeApproximationFlag;
import org.rocksdb.Slice;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A task's committed rows in a RocksDB database.
 *
 * <p>There is no write-ahead log. What a crash leaves is what was flushed, and a flush takes whole
 * batches in their order, so rows and checkpoint stay together. There is one column family, so that
 * holds as it is; atomic flush is set all the same, since it is what RocksDB's promise names.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class RocksDbStateStore implements StateStore {

  private static final Logger LOG = LoggerFactory.getLogger(RocksDbStateStore.class);

  private static final byte[] CHECKPOINT_KEY = "\0checkpoint".getBytes(StandardCharsets.ISO_8859_1);

  /** All keys but the reserved ones are at or after this. */
  private static final byte[] FIRST_KEY = {1};

  private static final int MAX_OPEN_FILES = 128;
  private static final int MAX_RANGE_DELETES_IN_MEMORY = 256;

  /** How many files of the first level RocksDB merges into the next. */
  private static final int FILES_TO_MERGE = 4;

  /** The number of these files from which on RocksDB slows down writes. */
  private static final int FILES_TO_SLOW_DOWN = 20;

  /**
   * How many times as many files are merged in a load. Each merge reads and writes again what is
   * there already, while reads have to look into all files that are not merged.
   */
  private static final int LOAD_FACTOR = 4;

  /**
   * The size of memtables in a load, so that each has a few large batches: while it has one, rows
   * that come in their order are put at its end, for which nothing is searched.
   */
  private static final long LOAD_BUFFER_BYTES = 4L << 20;

  /** It has to be below the number of files from which on RocksDB stops writes, which is 36. */
  private static final int FILES_TO_SLOW_DOWN_IN_LOAD = 32;

  private final Path database;
  private final Options options;
  private final RocksDB db;
  private final ReadOptions readOptions = new ReadOptions();
  private final WriteOptions writeOptions = new WriteOptions().setDisableWAL(true);
  private final Set<DbIterator> openIterators = new LinkedHashSet<>();
  private final BatchBytes batchBytes = new BatchBytes();
  private boolean damaged;
  private boolean closed;

  private RocksDbStateStore(Path database, Options options, RocksDB db) {
    this.database = database;
    this.options = options;
    this.db = db;
  }

  /** Opens or makes the database in a directory. */
  static RocksDbStateStore open(Path database, StateMemory memory) {
    try {
      return open(database, memory, CompressionType.LZ4_COMPRESSION);
    } catch (RocksDBException e) {
      String message = e.getMessage();
      if (message == null || !message.contains("not linked")) {
        throw RocksDbErrors.of("open state", database, e);
      }
    }
    try {
      return open(database, memory, CompressionType.NO_COMPRESSION);
    } catch (RocksDBException e) {
      throw RocksDbErrors.of("open state", database, e);
    }
  }

  private static RocksDbStateStore open(
      Path database, StateMemory memory, CompressionType compression) throws RocksDBException {
    Options options = options(memory, compression);
    boolean opened = false;
    try {
      RocksDB db = RocksDB.open(options, database.toString());
      opened = true;
      return new RocksDbStateStore(database, options, db);
    } finally {
      if (!opened) {
        options.close();
      }
    }
  }

  private static Options options(StateMemory memory, CompressionType compression) {
    Options options =
        new Options()
            .setCreateIfMissing(true)
            .setAtomicFlush(true)
            .setParanoidChecks(true)
            .setAllowConcurrentMemtableWrite(false)
            .setEnableWriteThreadAdaptiveYield(false)
            .setAvoidUnnecessaryBlockingIO(true)
            .setMaxOpenFiles(MAX_OPEN_FILES)
            .setMaxBackgroundJobs(2)
            .setLevel0FileNumCompactionTrigger(FILES_TO_MERGE)
            .setLevel0SlowdownWritesTrigger(FILES_TO_SLOW_DOWN)
            .setMemtableMaxRangeDeletions(MAX_RANGE_DELETES_IN_MEMORY)
            .setLevelCompactionDynamicLevelBytes(true)
            .setCompressionType(compression)
            // Files of the first two levels live too briefly for compression to pay.
            .setCompressionPerLevel(
                List.of(
                    CompressionType.NO_COMPRESSION,
                    CompressionType.NO_COMPRESSION,
                    compression,
                    compression,
                    compression,
                    compression,
                    compression))
            .setStatsDumpPeriodSec(0)
            .setStatsPersistPeriodSec(0)
            .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
            .setMaxLogFileSize(1 << 20)
            .setKeepLogFileNum(2);
    memory.applyTo(options);
    return options;
  }

  @Override
  public byte @Nullable [] get(byte[] key) {
    checkOpen();
    try {
      return db.get(readOptions, key);
    } catch (RocksDBException e) {
      throw failure("read state", e);
    }
  }

  @Override
  public List<byte @Nullable []> multiGet(List<byte[]> keys) {
    checkOpen();
    if (keys.isEmpty()) {
      return List.of();
    }
    try {
      return db.multiGetAsList(readOptions, keys);
    } catch (RocksDBException e) {
      throw failure("read state", e);
    }
  }

  @Override
  public RowIterator scan(byte[] fromInclusive, byte @Nullable [] toExclusive) {
    checkOpen();
    byte[] from = Arrays.compareUnsigned(fromInclusive, FIRST_KEY) < 0 ? FIRST_KEY : fromInclusive;
    DbIterator iterator = new DbIterator(from, toExclusive);
    openIterators.add(iterator);
    return iterator;
  }

  @Override
  public void write(StoreBatch batch) {
    checkOpen();
    batchBytes.begin();
    batch.forEach(batchBytes);
    Checkpoint checkpoint = batch.checkpoint();
    if (checkpoint != null) {
      batchBytes.put(CHECKPOINT_KEY, checkpoint.toBytes());
    }
    try (WriteBatch nativeBatch = new WriteBatch(batchBytes.end())) {
      db.write(writeOptions, nativeBatch);
    } catch (RocksDBException e) {
      throw failure("write state", e);
    }
  }

  @Override
  public void beginLoad() {
    setOptions(
        MutableColumnFamilyOptions.builder()
            .setLevel0FileNumCompactionTrigger(FILES_TO_MERGE * LOAD_FACTOR)
            .setWriteBufferSize(Math.min(LOAD_BUFFER_BYTES, options.writeBufferSize()))
            // Else the size of the files has them merged before.
            .setMaxBytesForLevelBase(options.maxBytesForLevelBase() * LOAD_FACTOR)
            .setLevel0SlowdownWritesTrigger(FILES_TO_SLOW_DOWN_IN_LOAD));
  }

  @Override
  public void endLoad() {
    setOptions(
        MutableColumnFamilyOptions.builder()
            .setLevel0FileNumCompactionTrigger(FILES_TO_MERGE)
            .setWriteBufferSize(options.writeBufferSize())
            .setMaxBytesForLevelBase(options.maxBytesForLevelBase())
            .setLevel0SlowdownWritesTrigger(FILES_TO_SLOW_DOWN));
  }

  private void setOptions(MutableColumnFamilyOptionsBuilder wanted) {
    checkOpen();
    try {
      db.setOptions(wanted.build());
    } catch (RocksDBException e) {
      // They hold all the same. RocksDB keeps them in a file, too, which nobody reads.
      LOG.debug("The options of {} are not stored: {}", database, e.getMessage());
    }
  }

  @Override
  public @Nullable Checkpoint checkpoint() {
    byte[] bytes = get(CHECKPOINT_KEY);
    try {
      return bytes == null ? null : Checkpoint.fromBytes(bytes);
    } catch (MalformedBytesException e) {
      damaged = true;
      throw new DamagedStateException(
          "Cannot read state in "
              + database
              + ": its checkpoint is malformed ("
              + e.getMessage()
              + "). It is deleted and restored from the changelog",
          e);
    }
  }

  @Override
  public void flush() {
    checkOpen();
    try (FlushOptions flush = new FlushOptions().setWaitForFlush(true)) {
      db.flush(flush);
    } catch (RocksDBException e) {
      throw failure("flush state", e);
    }
  }

  @Override
  public void startFlush() {
    checkOpen();
    try (FlushOptions flush = new FlushOptions().setWaitForFlush(false).setAllowWriteStall(true)) {
      db.flush(flush);
    } catch (RocksDBException e) {
      throw failure("flush state", e);
    }
  }

  @Override
  public long approximateRows() {
    return property("rocksdb.estimate-num-keys");
  }

  @Override
  public StoreSizes sizes() {
    return new StoreSizes(
        approximateRows(),
        property("rocksdb.live-sst-files-size"),
        property("rocksdb.cur-size-all-mem-tables"),
        property("rocksdb.estimate-pending-compaction-bytes"));
  }

  @Override
  public long[] approximateBytes(List<byte[]> prefixes) {
    checkOpen();
    List<Slice> slices = new ArrayList<>();
    try {
      List<Range> ranges = new ArrayList<>();
      for (byte[] prefix : prefixes) {
        Slice from = slice(prefix, slices);
        ranges.add(new Range(from, slice(requireNonNull(RowStore.successor(prefix)), slices)));
      }
      return db.getApproximateSizes(
          ranges, SizeApproximationFlag.INCLUDE_FILES, SizeApproximationFlag.INCLUDE_MEMTABLES);
    } finally {
      slices.forEach(Slice::close);
    }
  }

  private static Slice slice(byte[] bytes, List<Slice> slices) {
    Slice slice = new Slice(bytes);
    slices.add(slice);
    return slice;
  }

  private long property(String name) {
    checkOpen();
    try {
      return db.getLongProperty(name);
    } catch (RocksDBException e) {
      throw failure("count state", e);
    }
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    for (DbIterator iterator : List.copyOf(openIterators)) {
      iterator.close();
    }
    try (FlushOptions flush = new FlushOptions().setWaitForFlush(true)) {
      db.flush(flush);
    } catch (RocksDBException e) {
      LOG.warn(
          "State in {} is closed without its last rows, which the changelog has: {}",
          database,
          e.getMessage());
    }
    closed = true;
    db.close();
    readOptions.close();
    writeOptions.close();
    options.close();
  }

  @Override
  public boolean isDamaged() {
    return damaged;
  }

  private MillraceException failure(String operation, RocksDBException cause) {
    MillraceException failure = RocksDbErrors.of(operation, database, cause);
    damaged |= failure instanceof DamagedStateException;
    return failure;
  }

  /** Native code does not survive a call to a closed database. */
  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("Cannot use a state store: it is closed (" + database + ")");
    }
  }

  private final class DbIterator implements RowIterator {

    private final @Nullable Slice upperBound;
    private final ReadOptions options;
    private final RocksIterator iterator;
    private final byte[] from;
    private boolean begun;
    private boolean valid;
    private boolean finished;

    DbIterator(byte[] from, byte @Nullable [] toExclusive) {
      this.from = from;
      this.upperBound = toExclusive == null ? null : new Slice(toExclusive);
      this.options = new ReadOptions();
      if (upperBound != null) {
        options.setIterateUpperBound(upperBound);
      }
      this.iterator = db.newIterator(options);
    }

    @Override
    public boolean next() {
      if (finished) {
        throw new IllegalStateException("Cannot go on with a scan: it is closed");
      }
      if (!begun) {
        begun = true;
        iterator.seek(from);
      } else if (valid) {
        iterator.next();
      }
      valid = iterator.isValid();
      if (!valid) {
        try {
          iterator.status();
        } catch (RocksDBException e) {
          throw failure("scan state", e);
        }
      }
      return valid;
    }

    @Override
    public byte[] key() {
      checkOnRow();
      return iterator.key();
    }

    @Override
    public byte[] value() {
      checkOnRow();
      return iterator.value();
    }

    @Override
    public void close() {
      if (finished) {
        return;
      }
      finished = true;
      valid = false;
      openIterators.remove(this);
      iterator.close();
      options.close();
      if (upperBound != null) {
        upperBound.close();
      }
    }

    private void checkOnRow() {
      if (!valid) {
        throw new IllegalStateException("Cannot read a row: the iterator is not on one");
      }
    }
  }
}
