package dev.millrace.internal.broadcast;

import dev.millrace.internal.codec.StoredValues;
import dev.millrace.internal.codec.ValueCodec;
import dev.millrace.internal.codec.key.KeyCodec;
import dev.millrace.internal.plan.Broadcast;
import dev.millrace.internal.type.Types;
import dev.millrace.internal.util.ByteWriter;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a table that an instance has whole, for all its tasks.
 *
 * <p>Rows that can surely not be changed are kept as objects. Others are kept as bytes, and each
 * look-up makes an object of its own, so that no function can change what another one sees. Keys
 * are compared by their canonical bytes.
 *
 * <p><b>Threads.</b> Changed by the thread that reads the table; everything else may be called by
 * any thread. A view is confined to one.
 */
public final class BroadcastRows {

  /** What a row takes beside its key and its value: entries of the map, and heads of objects. */
  private static final int ROW_BYTES = 128;

  private final Broadcast table;
  private final KeyCodec<Object> keys;
  private final ValueCodec<Object> values;
  private final TableMemory memory;
  private final boolean keepsObjects;
  private final Map<KeyBytes, Kept> rows = new ConcurrentHashMap<>();
  private final CountDownLatch loaded = new CountDownLatch(1);
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicLong skipped = new AtomicLong();
  private volatile long lag;

  /** A way to look up rows, for one thread. */
  @FunctionalInterface
  public interface View {
    /** {@return the row of a key, which nobody else can change, or null if there is none} */
    @Nullable Object row(Object key);
  }

  BroadcastRows(
      Broadcast table, KeyCodec<Object> keys, ValueCodec<Object> values, TableMemory memory) {
    this.table = table;
    this.keys = keys;
    this.values = values;
    this.memory = memory;
    // What has a serde is made anew by it: only the program knows whether it can be changed.
    this.keepsObjects = Types.isImmutable(table.rowType()) && !values.usesSerdes();
  }

  /** {@return the name of the table} */
  public String name() {
    return table.name();
  }

  /** {@return the topic that it is read from} */
  public String topic() {
    return table.topic();
  }

  /** {@return how many rows there are} */
  public int size() {
    return rows.size();
  }

  /** {@return an estimate of the heap that they take, in bytes} */
  public long bytes() {
    return bytes.get();
  }

  /** {@return how many records were dropped by the error policy, since they are no rows} */
  public long skippedRecords() {
    return skipped.get();
  }

  /** {@return how many records of the topic are still to be read, as of the last look} */
  public long lag() {
    return lag;
  }

  /** {@return whether everything has been read that was there when the instance started} */
  public boolean isLoaded() {
    return loaded.getCount() == 0;
  }

  /** Waits until the table is loaded; returns whether it is. */
  public boolean awaitLoaded(Duration atMost) {
    try {
      return loaded.await(atMost.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /**
   * {@return a view for one thread}
   *
   * @param own the codec of rows as that thread has it
   */
  public View view(ValueCodec<Object> own) {
    StoredValues<Object> stored = new StoredValues<>(own);
    ByteWriter buffer = new ByteWriter();
    KeyBytes probe = KeyBytes.probe();
    return key -> {
      buffer.clear();
      keys.encode(key, buffer);
      Kept kept = rows.get(probe.set(buffer));
      if (kept == null) {
        return null;
      }
      return keepsObjects ? kept.row() : stored.fromBytes((byte[]) kept.row());
    };
  }

  // ------------------------------------------------------------------ by the reading thread

  /** {@return the table} */
  Broadcast table() {
    return table;
  }

  /** {@return the codec of its keys} */
  KeyCodec<Object> keys() {
    return keys;
  }

  /** {@return the codec of its rows, without serdes} */
  ValueCodec<Object> values() {
    return values;
  }

  /**
   * Puts a row, or replaces one.
   *
   * @param object the row
   * @param stored its bytes
   * @param from where it was read
   */
  void put(KeyBytes key, Object object, byte[] stored, RecordOrigin from) {
    // An object takes more than its bytes: the usual estimate for rows.
    int taken = keepsObjects ? 48 + 3 * stored.length : 16 + stored.length;
    Kept before =
        rows.put(
            key,
            new Kept(keepsObjects ? object : stored, taken, from.partition(), from.timestampMs()));
    changed(taken - (before == null ? -of(key) : before.takenBytes()));
  }

  /** Removes a row, if there is one. */
  void remove(KeyBytes key) {
    Kept before = rows.remove(key);
    if (before != null) {
      changed(-before.takenBytes() - of(key));
    }
  }

  /** {@return where the row of a key was read, or null if there is none} */
  @Nullable RecordOrigin originOf(KeyBytes key) {
    Kept kept = rows.get(key);
    return kept == null ? null : new RecordOrigin(kept.partition(), kept.timestampMs());
  }

  private static long of(KeyBytes key) {
    return (long) ROW_BYTES + key.length();
  }

  private void changed(long byBytes) {
    bytes.addAndGet(byBytes);
    memory.changed(this, byBytes);
  }

  /** Notes how many records are still to be read. */
  void lagging(long records) {
    lag = records;
  }

  /** Counts a record that was dropped since it is no row. */
  void skipped() {
    skipped.incrementAndGet();
  }

  /** Notes that the table is loaded. */
  void loaded() {
    loaded.countDown();
  }

  /**
   * A row.
   *
   * @param row the object, or its bytes
   * @param takenBytes an estimate of what they take
   * @param partition the partition that it was read from
   * @param timestampMs the timestamp of its record
   */
  private record Kept(Object row, int takenBytes, int partition, long timestampMs) {}
}
