package dev.millrace.internal.state;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A row of a {@link RowStore} as the open transaction sees it: the present value as an object, the
 * committed one as bytes.
 *
 * <p>The object may be changed in place, as long as {@link #set} follows before anything else reads
 * the row; the committed bytes, not the object, are the before-image. A handle is good until the
 * overlay's next commit.
 *
 * <p>What a handle stands for is in {@link #touchedAt}:
 *
 * <pre>
 *   in the table   0 or more           the one row of its key
 *     | eviction                       (never while it is changed or unwritten)
 *   evicted        EVICTED             of no use: the row has to be looked up again
 *
 *   detached       minus transaction   met by a scan, stands for the row of its key in the table,
 *     | change                         and for itself while there is none
 *   in the table
 * </pre>
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 *
 * <p><b>Errors.</b> {@link IllegalStateException} when a handle is used after its transaction and
 * the row is no longer in memory.
 */
public final class Row<V> {

  /** The committed bytes are the row's value; the object, if there is one, equals them. */
  static final byte CLEAN = 0;

  /** The object is the value, null for a deleted row. */
  static final byte CHANGED = 1;

  /** As {@link #CHANGED}, and {@link #nextBytes} has the object's bytes. */
  static final byte SERIALISED = 2;

  /** In {@link #touchedAt}: dropped from memory, a handle to it is of no use. */
  static final long EVICTED = Long.MIN_VALUE;

  final RowStore<V> store;
  final byte[] fullKey;
  @Nullable V value;
  byte @Nullable [] committedBytes;
  byte @Nullable [] nextBytes;

  /**
   * The transaction that last used the object, or for a row that was read ahead and not used yet,
   * the one before it was read; a negative one for a row that a scan of that transaction found and
   * that is not in the table.
   */
  long touchedAt;

  /**
   * The newest time of what changed the row in this transaction, if the changes named any; once it
   * is serialised, that of all changes of the row, if the store keeps times.
   */
  long timeMs;

  /** What this row adds to the store's accounts. */
  int accountedBytes;

  byte state;

  /** With {@link #SERIALISED}: the next bytes are others than the committed ones. */
  boolean differs;

  /** Committed, but not yet in the state store. */
  boolean unwritten;

  Row(RowStore<V> store, byte[] fullKey, byte @Nullable [] committedBytes) {
    this.store = store;
    this.fullKey = fullKey;
    this.committedBytes = committedBytes;
  }

  /** {@return the present value, or null if there is no row} */
  public @Nullable V value() {
    if (touchedAt != store.transaction) {
      return store.touch(this);
    }
    return value;
  }

  /** Sets the value; the object belongs to the row from now on. */
  public void set(V newValue) {
    Row<V> row = state == CHANGED ? this : store.changed(this);
    row.value = newValue;
  }

  /**
   * Notes about how much more memory the object takes that was just {@linkplain #set set}: what it
   * really takes is known only once it is serialised, which is at the commit.
   */
  public void grew(int bytes) {
    store.grown(this, bytes);
  }

  /** Notes the time of what has just changed the row. */
  public void changedAt(long timeMs) {
    Row<V> row = store.attached(this);
    row.timeMs = Math.max(row.timeMs, timeMs);
  }

  /** Removes the row. */
  public void delete() {
    Row<V> row = state == CHANGED ? this : store.changed(this);
    row.value = null;
  }

  /** {@return whether there is a row, without decoding its value} */
  public boolean exists() {
    Row<V> row = store.attached(this);
    return row.state == CLEAN ? row.committedBytes != null : row.value != null;
  }

  /** {@return whether this transaction has set or deleted the row, be it to the same bytes} */
  public boolean dirty() {
    return store.attached(this).state != CLEAN;
  }

  /**
   * {@return whether the row has other bytes than the committed ones, so that {@link
   * RowStore#forEachDirty} hands it over}
   */
  public boolean isChanged() {
    return store.isChanged(this);
  }

  /**
   * {@return the time of the row: the newest that {@link #changedAt} has noted with a change, since
   * the row exists if the store keeps times, else in this transaction; {@link
   * StoredValueFormat#NO_TIME} if there was none}
   */
  public long timeMs() {
    return store.timeMs(this);
  }

  /** {@return the value before this transaction, not to be changed; null if there was no row} */
  public byte @Nullable [] committedBytes() {
    return committedBytes;
  }

  /** {@return a new object of the value before this transaction, or null if there was no row} */
  public @Nullable V committedValue() {
    byte[] bytes = committedBytes;
    return bytes == null ? null : store.format.fromBytes(bytes);
  }

  /** {@return a new object of the present value, or null if there is no row} */
  public @Nullable V copiedValue() {
    return store.copiedValue(this);
  }

  /** {@return how many bytes the present value has as it is stored; 0 if there is no row} */
  public int storedBytes() {
    return store.storedBytes(this);
  }

  /** {@return a copy of the key, without the store id} */
  public byte[] key() {
    return Arrays.copyOfRange(fullKey, store.prefixLength, fullKey.length);
  }

  /** {@return store id and key, not to be changed; the key is at {@link #keyOffset()}} */
  public byte[] fullKey() {
    return fullKey;
  }

  /** {@return where in {@link #fullKey()} the key starts} */
  public int keyOffset() {
    return store.prefixLength;
  }

  /** {@return the length of the key in bytes, without the store id} */
  public int keyLength() {
    return fullKey.length - store.prefixLength;
  }

  @Override
  public String toString() {
    return "Row[key=" + Arrays.toString(key()) + ", state=" + state + "]";
  }
}
