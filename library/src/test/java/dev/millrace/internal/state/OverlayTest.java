package dev.millrace.internal.state;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.StateStoreException;
import dev.millrace.internal.state.store.Checkpoint;
import dev.millrace.internal.state.store.InMemoryStateStore;
import dev.millrace.internal.state.store.RowIterator;
import dev.millrace.internal.state.store.StateStore;
import dev.millrace.internal.state.store.StoreBatch;
import dev.millrace.internal.util.Hashing;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class OverlayTest {

  private static final Checkpoint FIRST = new Checkpoint(1, 2, 10, 1, 1_000, 0);
  private static final Checkpoint SECOND = new Checkpoint(1, 2, 20, 2, 1_100, 0);

  /** Texts that can be changed in place, with a count of what the format is asked to do. */
  private static final class Texts implements StoredValueFormat<StringBuilder> {

    private int written;
    private int read;

    @Override
    public byte[] toBytes(StringBuilder value) {
      written++;
      return value.toString().getBytes(UTF_8);
    }

    @Override
    public StringBuilder fromBytes(byte[] bytes) {
      read++;
      return new StringBuilder(new String(bytes, UTF_8));
    }
  }

  /** A store whose disk can be full, and that counts reads. */
  private static final class FullDisk implements StateStore {

    private final InMemoryStateStore rows = new InMemoryStateStore();
    private boolean full;
    private int gets;
    private int multiGets;
    private int operations;
    private final List<byte[]> written = new ArrayList<>();

    @Override
    public byte[] get(byte[] key) {
      gets++;
      return rows.get(key);
    }

    @Override
    public List<byte[]> multiGet(List<byte[]> keys) {
      multiGets++;
      return rows.multiGet(keys);
    }

    @Override
    public RowIterator scan(byte[] fromInclusive, byte[] toExclusive) {
      return rows.scan(fromInclusive, toExclusive);
    }

    @Override
    public void write(StoreBatch batch) {
      if (full) {
        throw new StateStoreException("Cannot write state: the disk is full");
      }
      operations += batch.size();
      batch.forEach(
          new StoreBatch.Visitor() {
            @Override
            public void put(byte[] key, byte[] value) {
              written.add(key);
            }

            @Override
            public void delete(byte[] key) {
              written.add(key);
            }

            @Override
            public void deleteRange(byte[] fromInclusive, byte[] toExclusive) {}
          });
      rows.write(batch);
    }

    @Override
    public Checkpoint checkpoint() {
      return rows.checkpoint();
    }

    @Override
    public void flush() {}

    @Override
    public void startFlush() {}

    @Override
    public long approximateRows() {
      return rows.approximateRows();
    }

    @Override
    public void close() {
      rows.close();
    }
  }

  private final FullDisk store = new FullDisk();
  private final Texts format = new Texts();
  private Overlay overlay = new Overlay(store, OverlayLimits.writingThrough(1 << 20));
  private RowStore<StringBuilder> rows = overlay.rows(1, format);

  @Test
  void aRowIsSerialisedOncePerTransactionAndWrittenOnce() {
    for (int i = 0; i < 100; i++) {
      Row<StringBuilder> row = row("a");
      StringBuilder text = row.value() == null ? new StringBuilder() : row.value();
      row.set(text.append('x'));
    }
    assertThat(changes()).containsExactly("a: null -> " + "x".repeat(100));
    overlay.commit(FIRST);

    assertThat(format.written).isEqualTo(1);
    assertThat(store.operations).isEqualTo(1);
    assertThat(store.gets).isEqualTo(1);
    assertThat(format.read).isZero();
    assertThat(store.checkpoint()).isEqualTo(FIRST);
  }

  /** While rows change all the time, the store has all committed ones only after a write. */
  @Test
  void afterAWriteManyOfTheRowsThatWereThereAreCounted() {
    for (int i = 0; i < 12_500; i++) {
      row("row " + i).set(new StringBuilder("1"));
    }
    overlay.commit(FIRST);
    overlay = new Overlay(store, OverlayLimits.writingThrough(1 << 20));
    rows = overlay.rows(1, format);
    assertThat(overlay.countRows(2_000)).isPositive();
    assertThat(rows.size()).isEmpty();
    row("one more").set(new StringBuilder("1"));
    overlay.commit(SECOND);
    assertThat(rows.size()).isEmpty();
    row("row 7").delete();
    overlay.commit(SECOND);
    assertThat(rows.size()).hasValue(12_500);
    assertThat(overlay.countRows(2_000)).as("how many were left").isZero();
  }

  /** Numbers of one byte, and of two. */
  @Test
  void storesOfManyNumbersKeepTheirRowsApart() {
    int[] ids = {126, 127, 128, 129, 255, 256, 16_383, 16_384};
    List<RowStore<StringBuilder>> stores = new ArrayList<>();
    for (int id : ids) {
      RowStore<StringBuilder> each = overlay.rows(id, format);
      byte[] key = {0, (byte) id};
      each.row(key).set(new StringBuilder("first of " + id));
      each.row(new byte[] {(byte) 0xFF}).set(new StringBuilder("last of " + id));
      stores.add(each);
    }
    overlay.commit(FIRST);
    for (int i = 0; i < ids.length; i++) {
      List<String> found = new ArrayList<>();
      try (RowScan<StringBuilder> scan = stores.get(i).scan(new byte[0], null)) {
        while (scan.next()) {
          found.add(String.valueOf(scan.row().value()));
        }
      }
      assertThat(found).containsExactly("first of " + ids[i], "last of " + ids[i]);
    }
  }

  @Test
  void aCommittedRowIsReadFromMemory() {
    row("a").set(new StringBuilder("1"));
    overlay.commit(FIRST);

    assertThat(row("a").value()).hasToString("1");
    assertThat(row("a").dirty()).isFalse();
    assertThat(store.gets).isEqualTo(1);
    assertThat(format.read).isZero();
  }

  @Test
  void rowsThatEndAsTheyWereAreNoChanges() {
    row("same").set(new StringBuilder("1"));
    overlay.commit(FIRST);
    row("same").set(new StringBuilder("2"));
    row("same").set(new StringBuilder("1"));
    row("came-and-went").set(new StringBuilder("1"));
    row("came-and-went").delete();
    row("never-there").delete();

    assertThat(changes()).isEmpty();
    List<Row<StringBuilder>> dirty = new ArrayList<>();
    rows.forEachDirty(dirty::add);
    assertThat(dirty).isEmpty();
    overlay.commit(SECOND);
    assertThat(store.operations).isEqualTo(1);
    assertThat(store.checkpoint()).isEqualTo(SECOND);
  }

  @Test
  void theCommittedBytesAreTheBeforeImageOfAnObjectChangedInPlace() {
    row("a").set(new StringBuilder("1"));
    overlay.commit(FIRST);
    Row<StringBuilder> row = row("a");
    row.set(row.value().append('2'));

    assertThat(row.committedBytes()).isEqualTo("1".getBytes(UTF_8));
    assertThat(row.committedValue()).hasToString("1");
    assertThat(changes()).containsExactly("a: 1 -> 12");
  }

  @Test
  void aChangeAfterTheRowsWereHandedOverIsSerialisedAgain() {
    row("a").set(new StringBuilder("1"));
    assertThat(changes()).containsExactly("a: null -> 1");
    row("a").set(new StringBuilder("2"));
    assertThat(changes()).containsExactly("a: null -> 2");
    overlay.commit(FIRST);
    assertThat(store.get(new byte[] {1, 'a'})).isEqualTo("2".getBytes(UTF_8));
  }

  @Test
  void aFullDiskLeavesCommittedRowsInMemoryUntilTheyAreWritten() {
    row("a").set(new StringBuilder("1"));
    overlay.commit(FIRST);
    row("a").set(new StringBuilder("2"));
    row("b").set(new StringBuilder("3"));
    store.full = true;
    assertThatThrownBy(() -> overlay.commit(SECOND)).isInstanceOf(StateStoreException.class);

    assertThat(store.checkpoint()).isEqualTo(FIRST);
    assertThat(overlay.checkpoint()).isEqualTo(SECOND);
    assertThat(row("a").value()).hasToString("2");
    assertThat(rows.scan(bytes("b"), null)).satisfies(scan -> assertThat(scan.next()).isTrue());
    assertThat(row("b").value()).hasToString("3");
    store.full = false;
    overlay.writeBack();
    assertThat(store.checkpoint()).isEqualTo(SECOND);
    assertThat(store.get(new byte[] {1, 'b'})).isEqualTo("3".getBytes(UTF_8));
  }

  @Test
  void heldBackRowsAreWrittenOnceASecond() {
    overlay = new Overlay(store, OverlayLimits.writingBack(1 << 20));
    rows = overlay.rows(1, format);
    for (int i = 0; i < 10; i++) {
      row("a").set(new StringBuilder("" + i));
      overlay.commit(new Checkpoint(1, 2, i, i, 5_000 + 100 * i, 0));
    }
    assertThat(store.operations).isZero();
    assertThat(store.checkpoint()).isNull();
    row("a").set(new StringBuilder("last"));
    overlay.commit(new Checkpoint(1, 2, 10, 10, 6_000, 0));
    assertThat(store.operations).isEqualTo(1);
    assertThat(store.checkpoint().txnSeq()).isEqualTo(10);
  }

  /** Also where the changes of a transaction are, and where the highest bit of a byte is set. */
  @Test
  void rowsReachTheStoreInTheOrderOfTheirKeys() {
    overlay = new Overlay(store, OverlayLimits.writingBack(1 << 20));
    rows = overlay.rows(1, format);
    Random random = new Random(1);
    int txn = 0;
    for (int i = 0; i < 1_000; i++) {
      byte[] key = {'k', (byte) random.nextInt(), (byte) random.nextInt(), (byte) i};
      Row<StringBuilder> row = rows.row(key);
      row.set(new StringBuilder("1"));
      if (i % 7 == 0) {
        txn++;
        overlay.commit(new Checkpoint(1, 2, txn, txn, 1_000 + txn, 0));
      }
      if (i % 3 == 0) {
        rows.row(key).delete();
      }
    }
    overlay.commit(new Checkpoint(1, 2, txn + 1, txn + 1, 1_500, 0));
    overlay.writeBack();

    assertThat(store.written).hasSizeGreaterThan(600);
    assertThat(store.written).isSortedAccordingTo(Arrays::compareUnsigned);
  }

  @Test
  void missesOfABatchAreOneMultiGet() {
    store.rows.write(new StoreBatch().put(new byte[] {1, 'b'}, bytes("1")));
    row("a");
    rows.prefetch(List.of(bytes("a"), bytes("b"), bytes("c"), bytes("b")));

    assertThat(row("b").value()).hasToString("1");
    assertThat(row("c").value()).isNull();
    assertThat(store.gets).isEqualTo(1);
    assertThat(store.multiGets).isEqualTo(1);
  }

  @Test
  void aHandleOfAnEvictedRowIsRefused() {
    overlay = new Overlay(store, OverlayLimits.writingThrough(0));
    rows = overlay.rows(1, format);
    Row<StringBuilder> row = row("a");
    row.set(new StringBuilder("1"));
    overlay.commit(FIRST);

    assertThat(overlay.cachedBytes()).isZero();
    assertThatThrownBy(row::value)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("its transaction is over");
    assertThatThrownBy(() -> row.set(new StringBuilder()))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aScanThatOutlivesItsTransactionIsRefused() {
    row("a").set(new StringBuilder("1"));
    try (RowScan<StringBuilder> scan = rows.scan(bytes(""), null)) {
      overlay.commit(FIRST);
      assertThatThrownBy(scan::next).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void largeRangesReachTheStoreAsOneRangeDelete() {
    for (int i = 0; i < 1_000; i++) {
      row("key-" + i).set(new StringBuilder("1"));
    }
    overlay.commit(FIRST);
    store.operations = 0;
    assertThat(rows.deleteRange(bytes("key-"), null)).isEqualTo(1_000);
    row("key-7").set(new StringBuilder("1"));

    assertThat(changes()).hasSize(999).allMatch(change -> change.endsWith(" -> null"));
    overlay.commit(SECOND);
    assertThat(store.operations).isEqualTo(2);
    assertThat(store.approximateRows()).isEqualTo(1);
    assertThat(rows.firstKey(bytes(""), null)).isEqualTo(bytes("key-7"));
  }

  @Test
  void recentlyUsedRowsSurviveAnEviction() {
    overlay = new Overlay(store, OverlayLimits.writingThrough(60_000));
    rows = overlay.rows(1, format);
    int txn = 0;
    for (int i = 0; i < 3_000; i++) {
      row("cold-" + i).set(new StringBuilder("1"));
      row("hot-" + i % 10).set(new StringBuilder("" + i));
      if (i % 20 == 19) {
        txn++;
        overlay.commit(new Checkpoint(1, 2, txn, txn, txn, 0));
        assertThat(overlay.cachedBytes()).isBetween(0L, 60_000L);
      }
    }
    assertThat(store.gets).isEqualTo(3_010);
  }

  @Test
  void rowsReadAheadOutliveACommitBeforeTheyAreUsed() {
    overlay = new Overlay(store, OverlayLimits.writingThrough(60_000));
    rows = overlay.rows(1, format);
    int txn = 0;
    for (int i = 0; i < 20; i++) {
      for (int j = 0; j < 12; j++) {
        row("old-" + i + "-" + j).set(new StringBuilder("1"));
      }
      txn++;
      overlay.commit(new Checkpoint(1, 2, txn, txn, txn, 0));
    }
    List<byte[]> ahead = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      ahead.add(bytes("ahead-" + i));
    }
    rows.prefetch(ahead);
    for (int j = 0; j < 12; j++) {
      row("new-" + j).set(new StringBuilder("1"));
    }
    overlay.commit(new Checkpoint(1, 2, txn + 1, txn + 1, txn + 1, 0));
    long cached = overlay.cachedBytes();
    store.gets = 0;
    ahead.forEach(key -> assertThat(rows.row(key).exists()).isFalse());

    assertThat(cached).as("something was dropped").isLessThan(31_000);
    assertThat(store.gets).isZero();
  }

  /** They stay until the commit, so that a long transaction would have no bound. */
  @Test
  void rowsThatAreOnlyReadTakeUpATransactionTooIfTheyAreMoreThanTheCacheHolds() {
    overlay = new Overlay(store, OverlayLimits.writingThrough(60_000));
    rows = overlay.rows(1, format);
    for (int i = 0; i < 100; i++) {
      row("cached-" + i).value();
    }
    assertThat(overlay.transactionBytes()).isZero();
    for (int i = 0; i < 10_000; i++) {
      row("key-" + i).value();
    }
    assertThat(overlay.transactionBytes()).isEqualTo(overlay.cachedBytes() - 60_000).isPositive();
    assertThat(overlay.dirtyBytes()).isZero();
    row("key-1").set(new StringBuilder("1"));
    assertThat(overlay.transactionBytes())
        .isEqualTo(overlay.dirtyBytes() + overlay.cachedBytes() - 60_000);
    overlay.commit(FIRST);
    assertThat(overlay.transactionBytes()).isZero();
  }

  /** They are no part of the cache: neither as rows that change, nor as rows to be written. */
  @Test
  void rowsThatChangeAgainBeforeTheyAreWrittenLeaveNoRoomForOthers() {
    overlay = new Overlay(store, new OverlayLimits(60_000, 1 << 30, 1_000));
    rows = overlay.rows(1, format);
    for (int i = 0; i < 1_000; i++) {
      row("key-" + i).set(new StringBuilder("1"));
    }
    overlay.commit(FIRST);
    for (int i = 0; i < 1_000; i++) {
      row("read-" + i).value();
    }
    long read = overlay.transactionBytes();
    assertThat(read).isPositive();
    for (int i = 0; i < 500; i++) {
      row("key-" + i).set(new StringBuilder("22"));
      row("key-" + i).grew(100);
    }
    assertThat(overlay.transactionBytes()).isEqualTo(overlay.dirtyBytes() + read);
    overlay.writeBack();
    assertThat(overlay.unwrittenBytes()).isZero();
    assertThat(overlay.droppableBytes()).isEqualTo(overlay.cachedBytes());
    overlay.commit(SECOND);
    assertThat(overlay.droppableBytes())
        .isEqualTo(overlay.cachedBytes() - overlay.unwrittenBytes());
  }

  @Test
  void rowsReadAheadAreASmallPartOfTheCache() {
    overlay = new Overlay(store, OverlayLimits.writingThrough(4 << 20));
    rows = overlay.rows(1, format);
    int most = rows.readAheadRows();
    for (int i = 0; i < most; i++) {
      row("key-" + i).value();
    }
    assertThat(most).isGreaterThan(500);
    assertThat(overlay.cachedBytes()).isLessThan((4 << 20) / 16);

    for (int i = 0; i < 200; i++) {
      row("large-" + i).set(new StringBuilder("x".repeat(10_000)));
    }
    overlay.commit(FIRST);
    assertThat(rows.readAheadRows()).isLessThan(20);
  }

  @Test
  void aStoreIdIsOpenedOnceAndStartsAtOne() {
    assertThatThrownBy(() -> overlay.rows(1, format)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> overlay.rows(0, format)).isInstanceOf(IllegalArgumentException.class);
  }

  private Row<StringBuilder> row(String key) {
    return rows.row(bytes(key));
  }

  private List<String> changes() {
    List<String> changes = new ArrayList<>();
    overlay.forEachDirty(
        (fullKey, newBytes, committedBytes) ->
            changes.add(
                new String(fullKey, 1, fullKey.length - 1, UTF_8)
                    + ": "
                    + text(committedBytes)
                    + " -> "
                    + text(newBytes)));
    return changes;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private static String text(byte[] bytes) {
    return bytes == null ? null : new String(bytes, UTF_8);
  }

  @Test
  void rowsKnownToBeAbsentOrThereAreNotRead() {
    FullDisk disk = new FullDisk();
    Overlay overlay = new Overlay(disk, OverlayLimits.writingThrough(0));
    RowStore<StringBuilder> rows = overlay.rows(1, new Texts());
    byte[] a = bytes("a");
    byte[] b = bytes("b");
    rows.absentRow(a, 0, 1, hash(a)).set(new StringBuilder("one"));
    rows.absentRow(b, 0, 1, hash(b)).set(new StringBuilder("two"));
    overlay.commit(FIRST);
    assertThat(disk.gets).isZero();

    // Nothing is cached: rows are deleted and replaced without a look at them.
    rows.deleteExisting(a, 0, 1, hash(a));
    rows.replaceExisting(b, 0, 1, hash(b), new StringBuilder("three"));
    assertThat(rows.row(a).exists()).isFalse();
    assertThat(rows.row(b).value()).hasToString("three");
    assertThat(disk.gets).isZero();

    List<String> changes = new ArrayList<>();
    overlay.forEachDirty(
        (key, value, committed) ->
            changes.add(
                new String(key, 1, 1, UTF_8)
                    + "="
                    + (value == null ? "gone" : new String(value, UTF_8))));
    assertThat(changes).containsExactly("a=gone", "b=three");
    overlay.commit(SECOND);
    assertThat(rows.row(a).value()).isNull();
    assertThat(rows.row(b).value()).hasToString("three");
    try (RowScan<StringBuilder> scan = rows.scan(new byte[0], null)) {
      assertThat(scan.next()).isTrue();
      assertThat(scan.row().key()).isEqualTo(b);
      assertThat(scan.next()).isFalse();
    }
  }

  private static int hash(byte[] key) {
    return Hashing.murmur2(key, 0, key.length);
  }
}
