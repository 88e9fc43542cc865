package dev.millrace.internal.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.internal.state.store.Checkpoint;
import dev.millrace.internal.state.store.RowIterator;
import dev.millrace.internal.state.store.StateStore;
import dev.millrace.internal.state.store.StateStores;
import dev.millrace.internal.state.store.StoreBatch;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class StateStoreContractTest {

  private static final Checkpoint CHECKPOINT = new Checkpoint(1, 2, 4, 5, 6, 7);

  @TempDir Path directory;

  @ParameterizedTest
  @EnumSource
  void aNewStoreIsEmptyAndHasNoCheckpoint(StoreKind kind) {
    try (StateStores stores = kind.stores();
        StateStore store = stores.open(directory)) {
      assertThat(store.checkpoint()).isNull();
      assertThat(store.get(bytes("01"))).isNull();
      assertThat(rows(store, "01", null)).isEmpty();
      assertThat(store.approximateRows()).isZero();
      assertThat(store.sizes().rows()).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aBatchAppliesItsOperationsInOrderAndItsCheckpoint(StoreKind kind) {
    try (StateStores stores = kind.stores();
        StateStore store = stores.open(directory)) {
      store.write(
          new StoreBatch()
              .put(bytes("0101"), bytes("aa"))
              .put(bytes("0102"), bytes("bb"))
              .put(bytes("0103"), bytes("cc"))
              .deleteRange(bytes("0101"), bytes("0103"))
              .put(bytes("0102"), bytes("dd"))
              .put(bytes("0104"), bytes("ee"))
              .delete(bytes("0104"))
              .delete(bytes("0105"))
              .checkpoint(CHECKPOINT));

      assertThat(rows(store, "01", null)).containsExactly("0102=dd", "0103=cc");
      assertThat(store.checkpoint()).isEqualTo(CHECKPOINT);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aBatchWithoutCheckpointLeavesTheOldOne(StoreKind kind) {
    try (StateStores stores = kind.stores();
        StateStore store = stores.open(directory)) {
      store.write(new StoreBatch().checkpoint(CHECKPOINT));
      store.write(new StoreBatch().put(bytes("01"), bytes("")));

      assertThat(store.checkpoint()).isEqualTo(CHECKPOINT);
      assertThat(store.get(bytes("01"))).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aScanGivesTheRangeInUnsignedOrderAndHidesTheCheckpoint(StoreKind kind) {
    try (StateStores stores = kind.stores();
        StateStore store = stores.open(directory)) {
      StoreBatch batch = new StoreBatch().checkpoint(CHECKPOINT);
      for (String key : List.of("ff", "80", "7f", "01", "0100", "01ff", "ffff")) {
        batch.put(bytes(key), bytes(key));
      }
      store.write(batch);

      assertThat(rows(store, "", null))
          .containsExactly(
              "01=01", "0100=0100", "01ff=01ff", "7f=7f", "80=80", "ff=ff", "ffff=ffff");
      assertThat(rows(store, "0100", "80")).containsExactly("0100=0100", "01ff=01ff", "7f=7f");
      assertThat(rows(store, "80", "80")).isEmpty();
      assertThat(rows(store, "81", "80")).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void multiGetKeepsTheOrderOfTheKeysAndGivesNullForMissingOnes(StoreKind kind) {
    try (StateStores stores = kind.stores();
        StateStore store = stores.open(directory)) {
      store.write(new StoreBatch().put(bytes("01"), bytes("aa")).put(bytes("03"), bytes("cc")));

      assertThat(store.multiGet(List.of(bytes("03"), bytes("02"), bytes("01"), bytes("03"))))
          .containsExactly(bytes("cc"), null, bytes("aa"), bytes("cc"));
      assertThat(store.multiGet(List.of())).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void reservedKeysAreRefused(StoreKind kind) {
    StoreBatch batch = new StoreBatch();
    assertThatThrownBy(() -> batch.put(bytes("00aa"), bytes("")))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> batch.delete(bytes(""))).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> batch.deleteRange(bytes("02"), bytes("01")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @EnumSource
  void aClosedStoreRefusesEveryCallAndClosesOnce(StoreKind kind) {
    try (StateStores stores = kind.stores()) {
      StateStore store = stores.open(directory);
      store.write(new StoreBatch().put(bytes("01"), bytes("aa")));
      store.close();
      store.close();

      assertThatThrownBy(() -> store.get(bytes("01"))).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> store.multiGet(List.of(bytes("01"))))
          .isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> store.scan(bytes("01"), null))
          .isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> store.write(new StoreBatch()))
          .isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(store::checkpoint).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(store::flush).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(store::startFlush).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(store::approximateRows).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(store::sizes).isInstanceOf(IllegalStateException.class);
    }
  }

  @ParameterizedTest
  @EnumSource
  void randomBatchesGiveWhatASortedMapGives(StoreKind kind) {
    long seed = 20_26;
    Random random = new Random(seed);
    TreeMap<byte[], byte[]> model = new TreeMap<>(Arrays::compareUnsigned);
    try (StateStores stores = kind.stores();
        StateStore store = stores.open(directory)) {
      for (int i = 0; i < 300; i++) {
        StoreBatch batch = new StoreBatch();
        for (int j = random.nextInt(30); j > 0; j--) {
          byte[] key = key(random);
          switch (random.nextInt(8)) {
            case 0, 1 -> {
              batch.delete(key);
              model.remove(key);
            }
            case 2 -> {
              byte[] to = key(random);
              if (Arrays.compareUnsigned(key, to) <= 0) {
                batch.deleteRange(key, to);
                model.subMap(key, to).clear();
              }
            }
            default -> {
              byte[] value = new byte[random.nextInt(40)];
              random.nextBytes(value);
              batch.put(key, value);
              model.put(key, value);
            }
          }
        }
        store.write(batch);
        if (random.nextInt(20) == 0) {
          store.flush();
        }
        assertThat(rows(store, "01", null)).as("seed %s, batch %s", seed, i).isEqualTo(rows(model));
      }
    }
  }

  private static byte[] key(Random random) {
    byte[] key = new byte[1 + random.nextInt(3)];
    random.nextBytes(key);
    key[0] = (byte) (1 + random.nextInt(3));
    return key;
  }

  static List<String> rows(StateStore store, String from, String to) {
    List<String> rows = new ArrayList<>();
    try (RowIterator scan = store.scan(bytes(from), to == null ? null : bytes(to))) {
      while (scan.next()) {
        rows.add(hex(scan.key()) + "=" + hex(scan.value()));
      }
    }
    return rows;
  }

  static List<String> rows(Map<byte[], byte[]> model) {
    List<String> rows = new ArrayList<>();
    model.forEach((key, value) -> rows.add(hex(key) + "=" + hex(value)));
    return rows;
  }

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex);
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
