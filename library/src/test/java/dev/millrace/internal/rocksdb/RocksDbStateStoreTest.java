package dev.millrace.internal.rocksdb;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.ConfigurationException;
import dev.millrace.error.StateStoreException;
import dev.millrace.internal.state.store.Checkpoint;
import dev.millrace.internal.state.store.DamagedStateException;
import dev.millrace.internal.state.store.MemoryStateStores;
import dev.millrace.internal.state.store.RowIterator;
import dev.millrace.internal.state.store.StateStore;
import dev.millrace.internal.state.store.StateStores;
import dev.millrace.internal.state.store.StoreBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

final class RocksDbStateStoreTest {

  private static final Checkpoint CHECKPOINT = new Checkpoint(1, 2, 4, 5, 6, 7);

  private final RocksDbStateStores stores = new RocksDbStateStores(new StateMemory(8L << 20));

  @TempDir Path directory;

  @AfterEach
  void close() {
    stores.close();
  }

  @Test
  void aBatchHasTheBytesThatRocksDbWouldGiveIt() throws RocksDBException {
    BatchBytes bytes = new BatchBytes();
    byte[] large = new byte[300];
    bytes.begin();
    bytes.put("key".getBytes(UTF_8), large);
    bytes.delete("gone".getBytes(UTF_8));
    bytes.deleteRange("a".getBytes(UTF_8), "b".getBytes(UTF_8));
    try (WriteBatch theirs = new WriteBatch()) {
      theirs.put("key".getBytes(UTF_8), large);
      theirs.delete("gone".getBytes(UTF_8));
      theirs.deleteRange("a".getBytes(UTF_8), "b".getBytes(UTF_8));
      assertThat(bytes.end()).isEqualTo(theirs.data());
    }
  }

  @Test
  void aReopenedStoreHasEverything() {
    try (StateStore store = stores.open(directory)) {
      for (int i = 0; i < 10_000; i++) {
        store.write(new StoreBatch().put(key(i), key(i)));
      }
      store.write(new StoreBatch().checkpoint(CHECKPOINT));
      assertThat(store.sizes().memtableBytes()).isPositive();
      assertThatBytesAreOfKeys(store);
    }
    try (StateStore store = stores.open(directory)) {
      assertThat(store.checkpoint()).isEqualTo(CHECKPOINT);
      assertThat(store.sizes().diskBytes()).isPositive();
      assertThatBytesAreOfKeys(store);
      assertThat(count(store)).isEqualTo(10_000);
      assertThat(store.approximateRows()).isBetween(9_000L, 11_000L);
    }
  }

  private static void assertThatBytesAreOfKeys(StateStore store) {
    byte first = key(0)[0];
    long[] bytes =
        store.approximateBytes(List.of(new byte[] {first}, new byte[] {(byte) (first + 1)}));
    assertThat(bytes[0]).isPositive();
    assertThat(bytes[1]).isZero();
  }

  @Test
  void aWipedStoreIsEmptyAndTheRestOfTheDirectoryStays() throws IOException {
    Path identity = Files.writeString(directory.resolve("identity"), "x");
    try (StateStore store = stores.open(directory)) {
      store.write(new StoreBatch().put(key(1), key(1)).checkpoint(CHECKPOINT));
    }
    stores.wipe(directory);
    stores.wipe(directory);
    assertThat(identity).exists();
    try (StateStore store = stores.open(directory)) {
      assertThat(store.checkpoint()).isNull();
      assertThat(count(store)).isZero();
    }
  }

  @Test
  void aLoadIsMergedWhenItIsOver() throws IOException {
    int files = 10;
    try (StateStore store = stores.open(directory)) {
      store.beginLoad();
      for (int file = 0; file < files; file++) {
        StoreBatch batch = new StoreBatch().checkpoint(CHECKPOINT);
        for (int i = 0; i < 1_000; i++) {
          batch.put(key(i * files + file), key(i));
        }
        store.write(batch);
        store.flush();
      }
      assertThat(tables()).hasSize(files);
      assertThat(count(store)).isEqualTo(1_000 * files);
      store.endLoad();
      Awaitility.await("the files of the load are merged")
          .atMost(Duration.ofSeconds(30))
          .until(() -> tables().size() < files);
      assertThat(count(store)).isEqualTo(1_000 * files);
      assertThat(store.checkpoint()).isEqualTo(CHECKPOINT);
      store.beginLoad();
    }
    try (StateStore store = stores.open(directory)) {
      assertThat(store.checkpoint()).isEqualTo(CHECKPOINT);
      assertThat(count(store)).isEqualTo(1_000 * files);
    }
  }

  @Test
  void flippedBytesAreFoundAndTheStoreCanBeRestored() throws IOException {
    fill(50_000);
    long seed = 7;
    Random random = new Random(seed);
    for (Path file : tables()) {
      byte[] bytes = Files.readAllBytes(file);
      for (int i = 0; i < bytes.length; i += 512) {
        bytes[i + random.nextInt(Math.min(512, bytes.length - i))] ^= 0x10;
      }
      Files.write(file, bytes);
    }
    assertThatThrownBy(this::readAll)
        .as("seed %s", seed)
        .isInstanceOf(DamagedStateException.class)
        .hasMessageContaining("damaged")
        .hasMessageContaining(directory.toString());
    stores.wipe(directory);
    assertThat(readAll()).isZero();
  }

  @Test
  void damageThatShowsWhenRowsAreReadIsRemembered() throws IOException {
    fill(50_000);
    Path table = tables().get(0);
    byte[] bytes = Files.readAllBytes(table);
    bytes[200] ^= 0x10; // Of its first rows, which are not read when it is opened.
    Files.write(table, bytes);
    try (StateStore store = stores.open(directory)) {
      assertThat(store.isDamaged()).isFalse();
      assertThatThrownBy(() -> count(store)).isInstanceOf(DamagedStateException.class);
      assertThat(store.isDamaged()).isTrue();
    }
    stores.wipe(directory);
    try (StateStore store = stores.open(directory)) {
      assertThat(store.isDamaged()).isFalse();
    }
  }

  @Test
  void aMissingTableIsDamage() throws IOException {
    fill(50_000);
    Files.delete(tables().get(0));
    assertThatThrownBy(this::readAll).isInstanceOf(DamagedStateException.class);
  }

  @Test
  void aDamagedManifestIsDamage() throws IOException {
    fill(1_000);
    try (Stream<Path> files = Files.list(directory.resolve("rocksdb"))) {
      for (Path file : files.toList()) {
        if (file.getFileName().toString().startsWith("MANIFEST")) {
          byte[] bytes = Files.readAllBytes(file);
          bytes[bytes.length / 3] ^= 0x55;
          Files.write(file, bytes);
        }
      }
    }
    assertThatThrownBy(this::readAll).isInstanceOf(DamagedStateException.class);
  }

  @Test
  void aStoreThatIsOpenElsewhereIsNeitherDamagedNorOpenedTwice() {
    try (StateStore store = stores.open(directory)) {
      assertThatThrownBy(() -> stores.open(directory))
          .isInstanceOf(StateStoreException.class)
          .hasMessageContaining("has it open");
      store.write(new StoreBatch().put(key(1), key(1)));
    }
  }

  @Test
  void closingAStoreClosesItsScans() {
    StateStore store = stores.open(directory);
    store.write(new StoreBatch().put(key(1), key(1)));
    RowIterator scan = store.scan(key(0), null);
    assertThat(scan.next()).isTrue();
    store.close();
    assertThatThrownBy(scan::next).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(scan::key).isInstanceOf(IllegalStateException.class);
    scan.close();
  }

  @Test
  void manyStoresStayWithinTheMemoryTheyShare() {
    long budget = 16L << 20;
    List<StateStore> open = new ArrayList<>();
    try (RocksDbStateStores many = new RocksDbStateStores(new StateMemory(budget))) {
      long highest = 0;
      try {
        for (int i = 0; i < 8; i++) {
          open.add(many.open(directory.resolve(Integer.toString(i))));
        }
        Random random = new Random(1);
        for (int round = 0; round < 60; round++) {
          for (StateStore store : open) {
            StoreBatch batch = new StoreBatch();
            for (int i = 0; i < 1_000; i++) {
              byte[] value = new byte[24];
              random.nextBytes(value);
              batch.put(key(random.nextInt(1_000_000)), value);
            }
            store.write(batch);
          }
          highest = Math.max(highest, many.memory().usedBytes());
        }
        for (StateStore store : open) {
          count(store);
          highest = Math.max(highest, many.memory().usedBytes());
        }
      } finally {
        open.forEach(StateStore::close);
      }
      assertThat(highest).isBetween(1L << 20, budget);
    }
  }

  @Test
  void aBudgetThatIsTooSmallIsRefused() {
    assertThatThrownBy(() -> new StateMemory(1_000))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("state.memory");
  }

  @Test
  void whereTheNativeLibraryDoesNotLoadStateIsOnTheHeap() {
    NativeLibrary.Loader broken =
        () -> {
          throw new UnsatisfiedLinkError("no such machine");
        };
    try (StateStores fallback = RocksDbStateStores.orOnHeap(8L << 20, broken)) {
      assertThat(fallback).isInstanceOf(MemoryStateStores.class);
    }
    assertThatThrownBy(() -> NativeLibrary.load(broken))
        .isInstanceOf(StateStoreException.class)
        .hasMessageContaining("no such machine");
    try (StateStores loaded = RocksDbStateStores.orOnHeap(8L << 20)) {
      assertThat(loaded).isInstanceOf(RocksDbStateStores.class);
    }
  }

  private void fill(int rows) {
    try (StateStore store = stores.open(directory)) {
      StoreBatch batch = new StoreBatch().checkpoint(CHECKPOINT);
      for (int i = 0; i < rows; i++) {
        batch.put(key(i), key(i * 31));
      }
      store.write(batch);
    }
  }

  private int readAll() {
    try (StateStore store = stores.open(directory)) {
      store.checkpoint();
      return count(store);
    }
  }

  private List<Path> tables() throws IOException {
    try (Stream<Path> files = Files.list(directory.resolve("rocksdb"))) {
      return files.filter(file -> file.toString().endsWith(".sst")).toList();
    }
  }

  private static int count(StateStore store) {
    int rows = 0;
    try (RowIterator scan = store.scan(new byte[0], null)) {
      while (scan.next()) {
        rows++;
      }
    }
    return rows;
  }

  private static byte[] key(int i) {
    return ByteBuffer.allocate(12).put((byte) 1).putInt(i * 0x9E3779B9).putInt(i).array();
  }
}
