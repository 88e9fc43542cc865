package dev.millrace.benchmarks.micro;

import dev.millrace.internal.codec.InMemorySchemaBook;
import dev.millrace.internal.codec.ValueCodec;
import dev.millrace.internal.codec.ValueCodecs;
import dev.millrace.internal.codec.key.KeyCodec;
import dev.millrace.internal.codec.key.KeyCodecs;
import dev.millrace.internal.operator.RowPrefetch;
import dev.millrace.internal.plan.StoreSpec.RowTimes;
import dev.millrace.internal.rocksdb.RocksDbStateStores;
import dev.millrace.internal.rocksdb.StateMemory;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.state.Overlay;
import dev.millrace.internal.state.OverlayLimits;
import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.state.store.Checkpoint;
import dev.millrace.internal.state.store.StateStore;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.Hashing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The cost of a change of a row in a running count: the lookup, the change, and its share of what
 * the commit does to rows, without Kafka. Entries come in frames, of which the rows are read ahead
 * where that pays; the store is RocksDB with its usual options.
 *
 * <p>Words come as they do after a combiner, and all their rows are in memory. Ids are the case of
 * many keys: most rows have to be read from RocksDB, and are written back to it once a second.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(value = 3, jvmArgsAppend = "-Xmx1g")
public class RowStoreBenchmark {

  private static final int FRAME_ENTRIES = 1_024;
  private static final int FRAMES_PER_TRANSACTION = 16;
  private static final int COMBINED_RECORDS = 1 << 16;
  private static final long CACHE_BYTES = 64L << 20;
  private static final long STATE_MEMORY_BYTES = 256L << 20;
  private static final int ROWS_PER_BATCH = 50_000;

  @Param Keys.Kind keys;

  private final ByteWriter key = new ByteWriter();
  private final ByteWriter frame = new ByteWriter();
  private final int[] ends = new int[FRAME_ENTRIES];
  private Path directory;
  private RocksDbStateStores stores;
  private StateStore store;
  private Overlay overlay;
  private RowStore<Object> rows;
  private RowPrefetch prefetch;
  private Keys sequence;
  private long transactions;
  private int frames;
  private long sent;

  @Setup
  public void open() throws IOException {
    directory = Files.createTempDirectory("millrace-rows");
    stores = new RocksDbStateStores(new StateMemory(STATE_MEMORY_BYTES));
    store = stores.open(directory);
    overlay = new Overlay(store, OverlayLimits.writingBack(CACHE_BYTES));
    rows = overlay.rows(1, counts().format());
    prefetch = new RowPrefetch(rows);
    sequence = Keys.combined(keys, COMBINED_RECORDS);
    if (keys == Keys.Kind.IDS) {
      fill();
    }
  }

  @SuppressWarnings("unchecked") // the store is that of counts by numbers, of whatever type here
  private static StageSetup.Store counts() {
    return new StageSetup.Store(
        1,
        (KeyCodec<Object>) KeyCodecs.forType(Long.class),
        (ValueCodec<Object>) ValueCodecs.forType(Long.class, new InMemorySchemaBook()),
        RowTimes.KEPT);
  }

  private void fill() {
    for (int id = 0; id < Keys.IDS; id++) {
      key.clear();
      key.writeLong(id ^ Long.MIN_VALUE);
      int hash = Hashing.murmur2(key.array(), 0, key.size());
      rows.absentRow(key.array(), 0, key.size(), hash).set(1L);
      if (id % ROWS_PER_BATCH == ROWS_PER_BATCH - 1) {
        commit();
      }
    }
    overlay.writeBack();
  }

  /** A row that counts one more. */
  @Benchmark
  @OperationsPerInvocation(FRAME_ENTRIES)
  public long count() {
    read();
    byte[] bytes = frame.array();
    if (prefetch.isOn()) {
      int start = 0;
      for (int end : ends) {
        prefetch.want(bytes, start, end - start, Hashing.murmur2(bytes, start, end - start));
        start = end;
      }
      prefetch.load(FRAME_ENTRIES);
    }
    int start = 0;
    for (int end : ends) {
      int hash = Hashing.murmur2(bytes, start, end - start);
      Row<Object> row = rows.row(bytes, start, end - start, hash);
      Long count = (Long) row.value();
      row.set(count == null ? 1L : count + 1);
      row.changedAt(nowMs());
      start = end;
    }
    prefetch.frameDone(FRAME_ENTRIES);
    if (++frames == FRAMES_PER_TRANSACTION) {
      frames = 0;
      rows.forEachDirty(row -> sent += row.keyLength() + (Long) row.value());
      commit();
    }
    return sent;
  }

  private void read() {
    frame.clear();
    for (int i = 0; i < FRAME_ENTRIES; i++) {
      sequence.next(key);
      frame.writeBytes(key.array(), 0, key.size());
      ends[i] = frame.size();
    }
  }

  private void commit() {
    overlay.forEachDirty(
        (fullKey, next, committed) -> sent += fullKey.length + (next == null ? 0 : next.length));
    transactions++;
    overlay.commit(new Checkpoint(0, 0, transactions, transactions, nowMs(), 0));
  }

  /** Time goes on by 20 ms with each transaction. */
  private long nowMs() {
    return 1_800_000_000_000L + transactions * 20;
  }

  @TearDown
  public void close() {
    store.close();
    stores.wipe(directory);
    stores.close();
  }
}
