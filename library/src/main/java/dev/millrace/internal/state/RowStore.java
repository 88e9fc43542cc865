package dev.millrace.internal.state;

import dev.millrace.internal.state.store.RowIterator;
import dev.millrace.internal.state.store.StoreBatch;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.Hashing;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One store of a task, by key bytes: what operators read and change.
 *
 * <p>Rows in memory are in a {@linkplain RowTable table}, and what they take is in {@linkplain
 * RowAccounts accounts}. Those that the open transaction has changed are in a list besides, and so
 * are {@linkplain UnwrittenRows committed ones} that the state store does not have yet; a scan
 * {@linkplain ChangeIndex merges} both with the state store. What happens to one row is in the
 * picture in {@link Row}.
 *
 * <p>Hashes are {@link Hashing#murmur2} of the key without the store id, which is what a shuffle
 * has computed already.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class RowStore<V> {

  /** Stands for the committed bytes of a row that was changed unread; known by its identity. */
  private static final byte[] NOT_READ = {};

  /** What a read ahead may take, lest the worker is away for too long. */
  private static final int MAX_READ_AHEAD_ROWS = 8_192;

  /** The number of rows from which on a range delete costs the state store less than tombstones. */
  private static final int RANGE_DELETE_MIN_ROWS = 64;

  final StoredValueFormat<V> format;
  final int prefixLength;

  /** The number of the overlay's open transaction. */
  long transaction;

  private final Overlay overlay;
  private final int storeId;
  private final byte[] prefix;
  private final byte[] end;

  private final RowTable<V> table;
  private final ArrayList<Row<V>> dirtyRows = new ArrayList<>();
  private final List<KeyRange> deletedRanges = new ArrayList<>();
  private final UnwrittenRows<V> unwritten = new UnwrittenRows<>();
  private final List<byte[]> wantedKeys = new ArrayList<>();
  private final ChangeIndex<V> changes = new ChangeIndex<>();
  private final RowAccounts<V> accounts;
  private final RowCount count;

  /** How many dirty rows have an object newer than their bytes. */
  private int unserialised;

  private long singleLoads;

  RowStore(Overlay overlay, int storeId, StoredValueFormat<V> format, long transaction) {
    this.overlay = overlay;
    this.storeId = storeId;
    this.format = format;
    this.accounts = new RowAccounts<>(format);
    this.transaction = transaction;
    this.prefix = prefixOf(storeId);
    this.prefixLength = prefix.length;
    this.table = new RowTable<>(prefixLength);
    byte[] behind = successor(prefix);
    if (behind == null) {
      throw new IllegalStateException("Cannot order store " + storeId + ": its id has no end");
    }
    this.end = behind;
    this.count = overlay.beganEmpty ? RowCount.ofNone(behind) : new RowCount(prefix, behind);
  }

  /** {@return where the key starts in {@link Row#fullKey()}, for all rows of this store} */
  public int keyOffset() {
    return prefixLength;
  }

  // ------------------------------------------------------------------ lookups

  /** {@return the row of a key, as {@link #row(byte[], int, int, int)}} */
  public Row<V> row(byte[] key) {
    return row(key, 0, key.length, Hashing.murmur2(key, 0, key.length));
  }

  /**
   * {@return the row of a key, read from the state store if it is not in memory; there always is
   * one, if only to be set}
   *
   * @param hash {@link Hashing#murmur2} of the slice
   */
  public Row<V> row(byte[] bytes, int offset, int length, int hash) {
    Row<V> row = table.find(bytes, offset, length, Hashing.slotHash(hash));
    return row != null ? row : load(bytes, offset, length, hash);
  }

  /**
   * {@return the row of a key of which the caller knows that the state store does not have it, so
   * that nothing is read}
   *
   * @param hash {@link Hashing#murmur2} of the slice
   */
  public Row<V> absentRow(byte[] bytes, int offset, int length, int hash) {
    int slotHash = Hashing.slotHash(hash);
    Row<V> row = table.find(bytes, offset, length, slotHash);
    if (row == null) {
      row = new Row<>(this, fullKey(bytes, offset, length), null);
      insert(row, slotHash);
    }
    return row;
  }

  /**
   * Deletes a row of which the caller knows that it exists, so that it need not be read.
   *
   * @param hash {@link Hashing#murmur2} of the slice
   */
  public void deleteExisting(byte[] bytes, int offset, int length, int hash) {
    unreadRow(bytes, offset, length, hash).delete();
  }

  /**
   * Replaces the value of a row of which the caller knows that it exists, so that it need not be
   * read.
   *
   * @param hash {@link Hashing#murmur2} of the slice
   * @return the row
   */
  public Row<V> replaceExisting(byte[] bytes, int offset, int length, int hash, V value) {
    Row<V> row = unreadRow(bytes, offset, length, hash);
    row.set(value);
    return row;
  }

  /** A row that has to be changed at once, since its committed value is unknown. */
  private Row<V> unreadRow(byte[] bytes, int offset, int length, int hash) {
    int slotHash = Hashing.slotHash(hash);
    Row<V> row = table.find(bytes, offset, length, slotHash);
    if (row == null) {
      row = new Row<>(this, fullKey(bytes, offset, length), NOT_READ);
      insert(row, slotHash);
    }
    return row;
  }

  /**
   * Notes that a row will be looked up, so that {@link #loadWanted()} reads all that are missing at
   * once.
   *
   * @param hash {@link Hashing#murmur2} of the slice
   */
  public void want(byte[] bytes, int offset, int length, int hash) {
    if (table.find(bytes, offset, length, Hashing.slotHash(hash)) == null) {
      wantedKeys.add(fullKey(bytes, offset, length));
    }
  }

  /** {@return how many bytes the values of rows recently had when they were written} */
  public int usualStoredBytes() {
    return accounts.usualStoredBytes();
  }

  /**
   * {@return how many rows may be asked for at once, so that they are a small part of the cache}
   */
  public int readAheadRows() {
    long rows = overlay.readAheadBytes() / accounts.usualRowBytes();
    return (int) Math.min(MAX_READ_AHEAD_ROWS, rows);
  }

  /** {@return how many rows were read one by one so far: what {@link #want} would have saved} */
  public long singleLoads() {
    return singleLoads;
  }

  /** Reads the rows noted by {@link #want} that are not in memory, in one go; returns how many. */
  public int loadWanted() {
    int count = wantedKeys.size();
    if (count == 0) {
      return 0;
    }
    List<byte @Nullable []> values = overlay.store.multiGet(wantedKeys);
    for (int i = 0; i < wantedKeys.size(); i++) {
      byte[] fullKey = wantedKeys.get(i);
      int slotHash = slotHashOf(fullKey);
      if (table.find(fullKey, prefixLength, fullKey.length - prefixLength, slotHash) == null) {
        Row<V> row = new Row<>(this, fullKey, values.get(i));
        // A commit before it is used must not drop it as the row that was unused the longest.
        row.touchedAt = transaction - 1;
        insert(row, slotHash);
      }
    }
    wantedKeys.clear();
    return count;
  }

  /** Reads the rows of the keys that are not in memory, in one go. */
  public void prefetch(List<byte[]> keys) {
    for (byte[] key : keys) {
      want(key, 0, key.length, Hashing.murmur2(key, 0, key.length));
    }
    loadWanted();
  }

  /**
   * {@return how many committed rows there are; empty until those are counted that were there when
   * the task opened}
   */
  public OptionalLong size() {
    long rows = count.rows();
    return rows == RowCount.UNKNOWN ? OptionalLong.empty() : OptionalLong.of(rows);
  }

  // ------------------------------------------------------------------ ranges

  /** {@return the rows from a key up to another, exclusive, or to the store's end if it is null} */
  public RowScan<V> scan(byte[] fromInclusive, byte @Nullable [] toExclusive) {
    byte[] from = fullKey(fromInclusive, 0, fromInclusive.length);
    byte[] to = toExclusive == null ? end : fullKey(toExclusive, 0, toExclusive.length);
    RowScan.ChangedRows<V> changed = changes.within(unwritten.rows(), dirtyRows, from, to);
    return new RowScan<>(this, overlay.store.scan(from, to), changed);
  }

  /** {@return all rows whose key starts with the given bytes} */
  public RowScan<V> scanPrefix(byte[] keyPrefix) {
    return scan(keyPrefix, successor(keyPrefix));
  }

  /** {@return the key of the first row of a range, or null if the range is empty} */
  public byte @Nullable [] firstKey(byte[] fromInclusive, byte @Nullable [] toExclusive) {
    try (RowScan<V> scan = scan(fromInclusive, toExclusive)) {
      return scan.next() ? scan.row().key() : null;
    }
  }

  /** {@return whether there is a row in a range} */
  public boolean any(byte[] fromInclusive, byte @Nullable [] toExclusive) {
    try (RowScan<V> scan = scan(fromInclusive, toExclusive)) {
      return scan.next();
    }
  }

  /**
   * Deletes all rows of a range: each becomes a tombstone of this transaction, while the state
   * store gets one range delete where that is cheaper.
   *
   * @return the number of rows deleted
   */
  public int deleteRange(byte[] fromInclusive, byte @Nullable [] toExclusive) {
    int deleted = 0;
    int committed = 0;
    try (RowScan<V> scan = scan(fromInclusive, toExclusive)) {
      while (scan.next()) {
        Row<V> row = scan.row();
        committed += row.committedBytes == null ? 0 : 1;
        row.delete();
        deleted++;
      }
    }
    if (committed >= RANGE_DELETE_MIN_ROWS) {
      byte[] to = toExclusive == null ? end : fullKey(toExclusive, 0, toExclusive.length);
      deletedRanges.add(new KeyRange(fullKey(fromInclusive, 0, fromInclusive.length), to));
    }
    return deleted;
  }

  /**
   * {@return the smallest key after all keys that start with {@code keyPrefix}, or null if no key
   * can be after them}
   */
  public static byte @Nullable [] successor(byte[] keyPrefix) {
    for (int last = keyPrefix.length - 1; last >= 0; last--) {
      if (keyPrefix[last] != (byte) 0xFF) {
        byte[] next = Arrays.copyOf(keyPrefix, last + 1);
        next[last]++;
        return next;
      }
    }
    return null;
  }

  // ------------------------------------------------------------------ committed rows

  /** {@return the rows as of the last commit, whatever the open transaction does to them} */
  public CommittedRows committed() {
    return new CommittedRows(this);
  }

  byte @Nullable [] committedBytes(byte[] key) {
    byte[] fullKey = fullKey(key, 0, key.length);
    Row<V> row = found(fullKey);
    return row == null || isUnread(row) ? overlay.store.get(fullKey) : row.committedBytes;
  }

  RowIterator committedScan(byte[] fromInclusive, byte @Nullable [] toExclusive) {
    byte[] from = fullKey(fromInclusive, 0, fromInclusive.length);
    byte[] to = toExclusive == null ? end : fullKey(toExclusive, 0, toExclusive.length);
    RowScan.ChangedRows<V> changed = changes.within(unwritten.rows(), dirtyRows, from, to);
    return new CommittedScan<>(overlay.store.scan(from, to), changed, prefixLength);
  }

  /** {@return whether only the state store has the committed value of a row} */
  static boolean isUnread(Row<?> row) {
    return row.committedBytes == NOT_READ;
  }

  // ------------------------------------------------------------------ changes

  /**
   * {@return whether there may be rows that the transaction has changed so far; not all of them
   * need differ from the committed ones}
   */
  public boolean hasChanges() {
    return !dirtyRows.isEmpty();
  }

  /**
   * Hands over each row that the transaction has changed so far, in the order of their first
   * change; rows whose bytes are the committed ones again, and rows that came and went, are left
   * out. Rows changed by the consumer are handed over as well, each at most once.
   */
  public void forEachDirty(Consumer<? super Row<V>> consumer) {
    for (int i = 0; i < dirtyRows.size(); i++) {
      Row<V> row = dirtyRows.get(i);
      serialise(row);
      if (row.differs) {
        consumer.accept(row);
      }
    }
  }

  void visitDirty(DirtyRowVisitor visitor) {
    for (int i = 0; i < dirtyRows.size(); i++) {
      Row<V> row = dirtyRows.get(i);
      serialise(row);
      if (row.differs) {
        visitor.row(row.fullKey, row.nextBytes, row.committedBytes);
      }
    }
  }

  /** First use of a row's object in this transaction. */
  @Nullable V touch(Row<V> row) {
    if (row.touchedAt < 0) {
      Row<V> attached = attached(row);
      if (attached != row) {
        return attached.value();
      }
      row.value = row.value == null ? row.committedValue() : row.value;
      return row.value;
    }
    row.touchedAt = transaction;
    if (row.value == null && row.committedBytes != null) {
      row.value = row.committedValue();
      accounts.recount(row);
    }
    return row.value;
  }

  /** A new object of a row's value, from the bytes that the commit needs anyway. */
  @Nullable V copiedValue(Row<V> handle) {
    Row<V> row = attached(handle);
    if (row.state == Row.CLEAN) {
      return row.committedValue();
    }
    serialise(row);
    byte[] bytes = row.nextBytes;
    return bytes == null ? null : format.fromBytes(bytes);
  }

  int storedBytes(Row<V> handle) {
    Row<V> row = attached(handle);
    serialise(row);
    byte[] bytes = row.state == Row.CLEAN ? row.committedBytes : row.nextBytes;
    return bytes == null ? 0 : bytes.length;
  }

  boolean isChanged(Row<V> handle) {
    Row<V> row = attached(handle);
    if (row.state == Row.CLEAN) {
      return false;
    }
    serialise(row);
    return row.differs;
  }

  long timeMs(Row<V> row) {
    if (isChanged(row)) {
      return attached(row).timeMs;
    }
    byte[] committed = row.committedBytes;
    return committed == null ? StoredValueFormat.NO_TIME : format.timeMs(committed);
  }

  /** First change of a row in this transaction, or the first since it was serialised. */
  Row<V> changed(Row<V> handle) {
    Row<V> row = attached(handle);
    if (row.touchedAt < 0) {
      row.touchedAt = 0;
      insert(row, slotHashOf(row.fullKey));
    }
    row.touchedAt = transaction;
    if (row.state == Row.CLEAN) {
      dirtyRows.add(row);
      row.state = Row.CHANGED;
      row.timeMs = StoredValueFormat.NO_TIME;
      accounts.dirtied(row);
      changes.changed(row);
    }
    row.state = Row.CHANGED;
    unserialised++;
    return row;
  }

  /** Notes that the object of a changed row takes more memory. */
  void grown(Row<V> handle, int bytes) {
    accounts.grown(attached(handle), bytes);
  }

  /** {@return the row that stands for this handle: itself, or the one in the table} */
  Row<V> attached(Row<V> handle) {
    if (handle.touchedAt >= 0) {
      return handle;
    }
    if (handle.touchedAt != -transaction) {
      throw new IllegalStateException(
          "Cannot use a row of store " + storeId + ": its transaction is over. Look it up again");
    }
    Row<V> inTable = found(handle.fullKey);
    return inTable == null ? handle : inTable;
  }

  @Nullable Row<V> found(byte[] fullKey) {
    int length = fullKey.length - prefixLength;
    return table.find(fullKey, prefixLength, length, slotHashOf(fullKey));
  }

  /** A row that a scan met; it joins the table only when it is changed. */
  Row<V> detached(byte[] fullKey, byte[] committedBytes) {
    Row<V> row = new Row<>(this, fullKey, committedBytes);
    row.touchedAt = -transaction;
    return row;
  }

  // ------------------------------------------------------------------ the overlay's side

  void serialiseDirty() {
    for (int i = 0; i < dirtyRows.size() && unserialised > 0; i++) {
      serialise(dirtyRows.get(i));
    }
  }

  /** Turns dirty rows into committed ones that the state store does not have yet. */
  void settle() {
    boolean rangesDeleted = !deletedRanges.isEmpty();
    for (int i = 0; i < dirtyRows.size(); i++) {
      Row<V> row = dirtyRows.get(i);
      count.committed(row.fullKey, row.committedBytes, row.nextBytes);
      row.committedBytes = row.nextBytes;
      row.nextBytes = null;
      row.state = Row.CLEAN;
      accounts.settled(row);
      // A range delete takes rows along that came back with the bytes they had.
      if ((row.differs || (rangesDeleted && row.committedBytes != null)) && !row.unwritten) {
        unwritten.add(row);
        accounts.unwritten(row);
      }
    }
    unwritten.addDeleted(deletedRanges);
    endTransaction();
  }

  /** Adds what the state store does not have to a batch: range deletes first, then rows. */
  void addUnwritten(StoreBatch batch) {
    unwritten.addTo(batch);
  }

  void written() {
    unwritten.clear();
    accounts.allWritten();
    changes.forget();
  }

  /** Counts further rows, all of which the state store has; returns how many. */
  int countOn(int most) {
    return count.countOn(overlay.store, most);
  }

  long heapBytes() {
    return accounts.heapBytes();
  }

  long dirtyHeapBytes() {
    return accounts.dirtyHeapBytes();
  }

  long unwrittenHeapBytes() {
    return accounts.unwrittenHeapBytes();
  }

  long changedAgainHeapBytes() {
    return accounts.changedAgainHeapBytes();
  }

  /** Adds the heap of rows that could be dropped to the age classes of an eviction. */
  void addAges(Eviction eviction) {
    table.forEach(
        row -> {
          if (isEvictable(row)) {
            eviction.add(transaction - row.touchedAt, row.accountedBytes);
          }
        });
  }

  void evict(Eviction eviction) {
    table.removeIf(
        row -> {
          if (!isEvictable(row)
              || eviction.keeps(transaction - row.touchedAt, row.accountedBytes)) {
            return false;
          }
          accounts.evicted(row);
          row.touchedAt = Row.EVICTED;
          return true;
        });
    // It may hold rows that are not in memory any more.
    changes.forget();
  }

  // ------------------------------------------------------------------ inside

  private void endTransaction() {
    dirtyRows.clear();
    deletedRanges.clear();
    wantedKeys.clear();
    unserialised = 0;
    transaction++;
  }

  private boolean isEvictable(Row<V> row) {
    return row.state == Row.CLEAN && !row.unwritten;
  }

  private void serialise(Row<V> row) {
    if (row.state == Row.CHANGED) {
      V value = row.value;
      byte[] committed = row.committedBytes;
      if (committed != null) {
        row.timeMs = Math.max(row.timeMs, format.timeMs(committed));
      }
      byte[] bytes = value == null ? null : format.toBytes(value, row.timeMs);
      // A time by itself is no change: a row that keeps its value is not written for it.
      boolean same =
          bytes == null || committed == null ? bytes == committed : format.isSame(bytes, committed);
      row.nextBytes = same ? committed : bytes;
      row.state = Row.SERIALISED;
      row.differs = !same;
      unserialised--;
      if (bytes != null) {
        accounts.noteStoredBytes(bytes.length);
      }
      accounts.recount(row);
    }
  }

  private Row<V> load(byte[] bytes, int offset, int length, int hash) {
    assert hash == Hashing.murmur2(bytes, offset, length) : "not the hash of the key";
    byte[] fullKey = fullKey(bytes, offset, length);
    singleLoads++;
    Row<V> row = new Row<>(this, fullKey, overlay.store.get(fullKey));
    insert(row, Hashing.slotHash(hash));
    return row;
  }

  private byte[] fullKey(byte[] bytes, int offset, int length) {
    byte[] fullKey = Arrays.copyOf(prefix, prefixLength + length);
    System.arraycopy(bytes, offset, fullKey, prefixLength, length);
    return fullKey;
  }

  private int slotHashOf(byte[] fullKey) {
    return Hashing.slotHash(Hashing.murmur2(fullKey, prefixLength, fullKey.length - prefixLength));
  }

  private void insert(Row<V> row, int slotHash) {
    table.insert(row, slotHash);
    accounts.recount(row);
  }

  /** {@return the bytes that the local keys of a store's rows begin with} */
  public static byte[] prefixOf(int storeId) {
    if (storeId < 1) {
      throw new IllegalArgumentException("Cannot make store " + storeId + ": ids start at 1");
    }
    ByteWriter out = new ByteWriter();
    out.writeVarint(storeId);
    return out.toByteArray();
  }
}
