package dev.millrace.internal.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.state.CommittedRows;
import dev.millrace.internal.state.Overlay;
import dev.millrace.internal.state.OverlayLimits;
import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowScan;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.state.StoredValueFormat;
import dev.millrace.internal.state.store.Checkpoint;
import dev.millrace.internal.state.store.RowIterator;
import dev.millrace.internal.state.store.StateStore;
import dev.millrace.internal.state.store.StateStores;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Random operations on an overlay must give what plain sorted maps give. */
final class OverlayPropertyTest {

  private static final int OPERATIONS = 12_000;
  private static final int[] STORE_IDS = {1, 2, 300};

  /** A value that is changed in place, as user code does. */
  private static final class Counter {
    private long count;

    Counter(long count) {
      this.count = count;
    }
  }

  private static final class CounterFormat implements StoredValueFormat<Counter> {

    @Override
    public byte[] toBytes(Counter value) {
      return ByteBuffer.allocate(8).putLong(value.count).array();
    }

    @Override
    public Counter fromBytes(byte[] bytes) {
      return new Counter(ByteBuffer.wrap(bytes).getLong());
    }
  }

  @TempDir Path directory;

  @ParameterizedTest
  @EnumSource
  void writingThroughWithoutCache(StoreKind kind) {
    runSeeds(kind, OverlayLimits.writingThrough(0), 1);
  }

  @ParameterizedTest
  @EnumSource
  void writingThroughWithASmallCache(StoreKind kind) {
    runSeeds(kind, OverlayLimits.writingThrough(20_000), 2);
  }

  @ParameterizedTest
  @EnumSource
  void writingThroughWithALargeCache(StoreKind kind) {
    runSeeds(kind, OverlayLimits.writingThrough(100_000_000), 3);
  }

  @ParameterizedTest
  @EnumSource
  void writingBackWithASmallCache(StoreKind kind) {
    runSeeds(kind, new OverlayLimits(10_000, 40_000, 1_000), 4);
  }

  @ParameterizedTest
  @EnumSource
  void writingBackWithALargeCache(StoreKind kind) {
    runSeeds(kind, OverlayLimits.writingBack(100_000_000), 5);
  }

  private void runSeeds(StoreKind kind, OverlayLimits limits, long firstSeed) {
    for (long seed = firstSeed; seed < firstSeed + 300; seed += 100) {
      Run run = new Run(kind, limits, seed, directory.resolve("seed-" + seed));
      try {
        run.run();
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError(
            "seed " + seed + ", operation " + run.operation + ", " + limits + ": " + e, e);
      }
    }
  }

  private static final class Run {

    private final OverlayLimits limits;
    private final Random random;
    private final Path directory;
    private final StateStores stores;
    private final boolean keepsRows;
    private final List<byte[]> keys = new ArrayList<>();

    /** The committed rows after each transaction that the store may be at. */
    private final TreeMap<Long, List<TreeMap<byte[], Long>>> history = new TreeMap<>();

    private List<TreeMap<byte[], Long>> committed = emptyMaps();
    private List<TreeMap<byte[], Long>> current = emptyMaps();
    private StateStore store;
    private Overlay overlay;
    private List<RowStore<Counter>> rows;
    private long txnSeq;
    private long wallMs = 1_000_000;
    private int operation;

    Run(StoreKind kind, OverlayLimits limits, long seed, Path directory) {
      this.limits = limits;
      this.random = new Random(seed);
      this.directory = directory;
      this.stores = kind.stores();
      this.keepsRows = kind != StoreKind.MEMORY;
      for (int i = 0; i < 500; i++) {
        byte[] key = new byte[random.nextInt(7)];
        for (int j = 0; j < key.length; j++) {
          key[j] = (byte) (random.nextInt(4) * 85);
        }
        keys.add(key);
      }
    }

    void run() {
      directory.toFile().mkdirs();
      try (stores) {
        open();
        for (operation = 0; operation < OPERATIONS; operation++) {
          step();
        }
        store.close();
      }
    }

    private void open() {
      store = stores.open(directory);
      openOverlay();
    }

    private void openOverlay() {
      overlay = new Overlay(store, limits);
      rows = new ArrayList<>();
      for (int id : STORE_IDS) {
        rows.add(overlay.rows(id, new CounterFormat()));
      }
    }

    private void step() {
      int s = random.nextInt(STORE_IDS.length);
      byte[] key = keys.get(random.nextInt(keys.size()));
      rows.get(s)
          .size()
          .ifPresent(size -> assertThat(size).as("rows").isEqualTo(committed.get(s).size()));
      switch (random.nextInt(100)) {
        case 0, 1, 2 -> commit();
        case 3 -> startAfresh();
        case 4 -> {
          if (random.nextInt(4) == 0) { // It takes as long as a hundred other operations.
            reopen();
          }
        }
        case 5, 6, 7, 8, 9, 10 -> scan(s);
        case 11, 12 -> scanWithChanges(s);
        case 13 -> checkBounds(s);
        case 14 -> manyScans(s);
        case 15 -> {
          if (random.nextInt(3) == 0) {
            deleteRange(s);
          }
        }
        case 16, 17, 18 -> prefetch(s);
        case 19, 20 -> checkDirty();
        case 21 -> scanAll(s);
        case 80, 81, 82 -> checkCommitted(s);
        case 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39 -> {
          rows.get(s).row(key).delete();
          current.get(s).remove(key);
        }
        case 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59 -> {
          long value = random.nextInt(5);
          rows.get(s).row(key).set(new Counter(value));
          current.get(s).put(key, value);
        }
        case 60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79 ->
            increment(s, key);
        default -> check(rows.get(s).row(key), s, key);
      }
    }

    private void increment(int s, byte[] key) {
      Row<Counter> row = rows.get(s).row(key);
      Counter counter = row.value();
      if (counter == null) {
        counter = new Counter(0);
      }
      counter.count++;
      row.set(counter);
      current.get(s).put(key, counter.count);
      assertThat(row.dirty()).isTrue();
    }

    private void check(Row<Counter> row, int s, byte[] key) {
      Long expected = current.get(s).get(key);
      Long before = committed.get(s).get(key);
      boolean exists = row.exists();
      Counter value = row.value();
      Long found = value == null ? null : value.count;
      byte[] committedBytes = row.committedBytes();
      // Millions of times: assertions that describe themselves would take most of the time.
      if (!Arrays.equals(row.key(), key)
          || exists != (expected != null)
          || !Objects.equals(found, expected)
          || !Arrays.equals(committedBytes, bytes(before))) {
        throw new AssertionError(
            String.format(
                "row %s of %s: exists %s, value %s, committed %s; expected %s, committed %s",
                hex(row.key()), hex(key), exists, found, number(committedBytes), expected, before));
      }
    }

    private void scan(int s) {
      byte[] from = keys.get(random.nextInt(keys.size()));
      byte[] to = random.nextInt(4) == 0 ? null : keys.get(random.nextInt(keys.size()));
      List<String> expected = new ArrayList<>();
      range(s, from, to).forEach((key, value) -> expected.add(hex(key) + "=" + value));
      List<String> found = new ArrayList<>();
      try (RowScan<Counter> scan = rows.get(s).scan(from, to)) {
        while (scan.next()) {
          check(scan.row(), s, scan.row().key());
          found.add(hex(scan.row().key()) + "=" + scan.row().value().count);
        }
      }
      assertThat(found).isEqualTo(expected);
    }

    private void scanAll(int s) {
      byte[] prefix = keys.get(random.nextInt(keys.size()));
      List<String> expected = new ArrayList<>();
      current
          .get(s)
          .forEach(
              (key, value) -> {
                if (Arrays.mismatch(key, prefix) == -1
                    || Arrays.mismatch(key, prefix) == prefix.length) {
                  expected.add(hex(key));
                }
              });
      List<String> found = new ArrayList<>();
      try (RowScan<Counter> scan = rows.get(s).scanPrefix(prefix)) {
        while (scan.next()) {
          found.add(hex(scan.row().key()));
        }
      }
      assertThat(found).isEqualTo(expected);
    }

    /** Rows that nothing touches must all be met; those met must be as they are at that time. */
    private void scanWithChanges(int s) {
      Set<String> mustMeet = new HashSet<>();
      current.get(s).keySet().forEach(key -> mustMeet.add(hex(key)));
      byte[] last = null;
      try (RowScan<Counter> scan = rows.get(s).scan(new byte[0], null)) {
        while (scan.next()) {
          Row<Counter> row = scan.row();
          byte[] key = row.key();
          if (last != null) {
            assertThat(Arrays.compareUnsigned(last, key)).isNegative();
          }
          last = key;
          mustMeet.remove(hex(key));
          check(row, s, key);
          byte[] other = keys.get(random.nextInt(keys.size()));
          switch (random.nextInt(8)) {
            case 0 -> {
              row.delete();
              current.get(s).remove(key);
            }
            case 1 -> {
              rows.get(s).row(key).set(new Counter(77));
              row.set(new Counter(78));
              current.get(s).put(key, 78L);
              assertThat(rows.get(s).row(key).value().count).isEqualTo(78);
            }
            case 2 -> {
              rows.get(s).row(other).delete();
              current.get(s).remove(other);
              mustMeet.remove(hex(other));
            }
            case 3 -> {
              rows.get(s).row(other).set(new Counter(5));
              current.get(s).put(other, 5L);
              mustMeet.remove(hex(other));
            }
            case 4 -> {
              rows.get(s).row(key).delete();
              current.get(s).remove(key);
            }
            default -> {}
          }
          check(row, s, key);
        }
      }
      assertThat(mustMeet).isEmpty();
    }

    /** Readers of what is committed see nothing of the open transaction, and leave no trace. */
    private void checkCommitted(int s) {
      CommittedRows seen = rows.get(s).committed();
      long cached = overlay.cachedBytes();
      byte[] from = keys.get(random.nextInt(keys.size()));
      byte[] to = random.nextInt(4) == 0 ? null : keys.get(random.nextInt(keys.size()));
      List<String> expected = new ArrayList<>();
      range(committed.get(s), from, to)
          .forEach((key, value) -> expected.add(hex(key) + "=" + value));
      List<String> found = new ArrayList<>();
      try (RowIterator scan = seen.scan(from, to)) {
        while (scan.next()) {
          found.add(hex(scan.key()) + "=" + number(scan.value()));
        }
      }
      assertThat(found).isEqualTo(expected);
      for (int i = 0; i < 20; i++) {
        byte[] key = keys.get(random.nextInt(keys.size()));
        assertThat(number(seen.value(key))).isEqualTo(committed.get(s).get(key));
      }
      assertThat(overlay.cachedBytes()).isEqualTo(cached);
    }

    private void checkBounds(int s) {
      byte[] from = keys.get(random.nextInt(keys.size()));
      byte[] to = random.nextInt(4) == 0 ? null : keys.get(random.nextInt(keys.size()));
      Map<byte[], Long> range = range(s, from, to);
      assertThat(rows.get(s).any(from, to)).isEqualTo(!range.isEmpty());
      assertThat(rows.get(s).firstKey(from, to))
          .isEqualTo(range.isEmpty() ? null : range.keySet().iterator().next());
    }

    /** As many as make the store keep an index of its changed rows. */
    private void manyScans(int s) {
      for (int i = 0; i < 60; i++) {
        rows.get(s).any(keys.get(random.nextInt(keys.size())), null);
      }
      checkBounds(s);
    }

    private void deleteRange(int s) {
      byte[] from = random.nextBoolean() ? new byte[0] : keys.get(random.nextInt(keys.size()));
      byte[] to = random.nextBoolean() ? null : keys.get(random.nextInt(keys.size()));
      Map<byte[], Long> range = range(s, from, to);
      assertThat(rows.get(s).deleteRange(from, to)).isEqualTo(range.size());
      List.copyOf(range.keySet()).forEach(current.get(s)::remove);
      // Some come back, with the bytes they had.
      for (byte[] key : keys) {
        Long before = committed.get(s).get(key);
        if (before != null && !current.get(s).containsKey(key) && random.nextInt(10) == 0) {
          rows.get(s).row(key).set(new Counter(before));
          current.get(s).put(key, before);
        }
      }
    }

    private void prefetch(int s) {
      List<byte[]> wanted = new ArrayList<>();
      for (int i = random.nextInt(20); i > 0; i--) {
        wanted.add(keys.get(random.nextInt(keys.size())));
      }
      rows.get(s).prefetch(wanted);
      for (byte[] key : wanted) {
        check(rows.get(s).row(key), s, key);
      }
    }

    private void checkDirty() {
      List<String> expected = new ArrayList<>();
      for (int s = 0; s < STORE_IDS.length; s++) {
        TreeMap<byte[], Long> all = new TreeMap<>(Arrays::compareUnsigned);
        all.putAll(committed.get(s));
        all.putAll(current.get(s));
        for (byte[] key : all.keySet()) {
          Long before = committed.get(s).get(key);
          Long now = current.get(s).get(key);
          if (before == null ? now != null : !before.equals(now)) {
            expected.add(s + "/" + hex(key) + ": " + before + "->" + now);
          }
        }
      }
      List<String> changes = new ArrayList<>();
      for (int s = 0; s < STORE_IDS.length; s++) {
        String prefix = s + "/";
        rows.get(s)
            .forEachDirty(
                row -> {
                  Counter before = row.committedValue();
                  Counter now = row.value();
                  changes.add(
                      prefix
                          + hex(row.key())
                          + ": "
                          + (before == null ? null : before.count)
                          + "->"
                          + (now == null ? null : now.count));
                });
      }
      assertThat(changes).containsExactlyInAnyOrderElementsOf(expected);
      List<String> visited = new ArrayList<>();
      overlay.forEachDirty(
          (fullKey, newBytes, oldBytes) -> {
            int s = fullKey[0] == 1 ? 0 : fullKey[0] == 2 ? 1 : 2;
            String key = hex(Arrays.copyOfRange(fullKey, s == 2 ? 2 : 1, fullKey.length));
            visited.add(s + "/" + key + ": " + number(oldBytes) + "->" + number(newBytes));
          });
      assertThat(visited).containsExactlyInAnyOrderElementsOf(expected);
    }

    private void commit() {
      if (random.nextBoolean()) {
        checkDirty();
      }
      txnSeq++;
      wallMs += random.nextInt(400);
      overlay.commit(new Checkpoint(1, 2, 100 * txnSeq, txnSeq, wallMs, 0));
      committed = copy(current);
      history.put(txnSeq, committed);
      assertThat(overlay.dirtyBytes()).isZero();
      assertThat(overlay.droppableBytes())
          .isEqualTo(overlay.cachedBytes() - overlay.unwrittenBytes())
          .isBetween(0L, limits.cachedBytes());
      assertThat(overlay.unwrittenBytes()).isBetween(0L, limits.unwrittenBytes());
      assertThat(overlay.checkpoint().txnSeq()).isEqualTo(txnSeq);
      history.headMap(storedTxnSeq()).clear();
      if (random.nextInt(10) == 0) {
        overlay.writeBack();
        assertThat(overlay.unwrittenBytes()).isZero();
        assertThat(storedTxnSeq()).isEqualTo(txnSeq);
      }
      if (random.nextInt(10) == 0) {
        store.startFlush();
      }
    }

    /** Another overlay over the same store, as after a commit that did not succeed. */
    private void startAfresh() {
      // What user code did to objects before it failed must not be seen again.
      for (int i = 0; i < 5; i++) {
        Counter counter =
            rows.get(random.nextInt(3)).row(keys.get(random.nextInt(keys.size()))).value();
        if (counter != null) {
          counter.count = -1;
        }
      }
      openOverlay();
      txnSeq = storedTxnSeq();
      committed = txnSeq == 0 ? emptyMaps() : history.get(txnSeq);
      current = copy(committed);
    }

    /** Closes the store, with or without what the overlay held back, and goes on from there. */
    private void reopen() {
      if (random.nextBoolean()) {
        overlay.writeBack();
      }
      store.close();
      open();
      if (keepsRows) {
        txnSeq = storedTxnSeq();
        committed = txnSeq == 0 ? emptyMaps() : history.get(txnSeq);
      } else {
        txnSeq = 0;
        committed = emptyMaps();
      }
      current = copy(committed);
    }

    private long storedTxnSeq() {
      Checkpoint checkpoint = store.checkpoint();
      return checkpoint == null ? 0 : checkpoint.txnSeq();
    }

    private TreeMap<byte[], Long> range(int s, byte[] from, byte[] to) {
      return range(current.get(s), from, to);
    }

    private static TreeMap<byte[], Long> range(TreeMap<byte[], Long> rows, byte[] from, byte[] to) {
      TreeMap<byte[], Long> range = new TreeMap<>(Arrays::compareUnsigned);
      rows.forEach(
          (key, value) -> {
            if (Arrays.compareUnsigned(key, from) >= 0
                && (to == null || Arrays.compareUnsigned(key, to) < 0)) {
              range.put(key, value);
            }
          });
      return range;
    }

    private static List<TreeMap<byte[], Long>> emptyMaps() {
      List<TreeMap<byte[], Long>> maps = new ArrayList<>();
      for (int i = 0; i < STORE_IDS.length; i++) {
        maps.add(new TreeMap<>(Arrays::compareUnsigned));
      }
      return maps;
    }

    private static List<TreeMap<byte[], Long>> copy(List<TreeMap<byte[], Long>> maps) {
      List<TreeMap<byte[], Long>> copies = new ArrayList<>();
      maps.forEach(map -> copies.add(new TreeMap<>(map)));
      return copies;
    }

    private static byte[] bytes(Long value) {
      return value == null ? null : new CounterFormat().toBytes(new Counter(value));
    }

    private static Long number(byte[] bytes) {
      return bytes == null ? null : new CounterFormat().fromBytes(bytes).count;
    }

    private static String hex(byte[] bytes) {
      return HexFormat.of().formatHex(bytes);
    }
  }
}
