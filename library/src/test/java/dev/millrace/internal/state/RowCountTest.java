package dev.millrace.internal.state;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.state.store.InMemoryStateStore;
import dev.millrace.internal.state.store.StoreBatch;
import java.util.Arrays;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RowCountTest {

  private static final byte STORE = 5;
  private static final byte[] VALUE = {1};

  private final InMemoryStateStore store = new InMemoryStateStore();
  private final TreeMap<byte[], byte[]> committed = new TreeMap<>(Arrays::compareUnsigned);
  private final RowCount count = new RowCount(new byte[] {STORE}, new byte[] {STORE + 1});

  @Test
  void anEmptyStoreIsCountedAtOnce() {
    assertThat(count.rows()).isEqualTo(RowCount.UNKNOWN);
    assertThat(count.countOn(store, 1)).isZero();
    assertThat(count.rows()).isZero();
  }

  @Test
  void rowsOfOtherStoresDoNotCount() {
    put(new byte[] {STORE - 1, 7});
    put(new byte[] {STORE + 1});
    put(new byte[] {STORE});
    assertThat(count.countOn(store, 10)).isEqualTo(1);
    assertThat(count.rows()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void commitsMayChangeWhatIsBeingCounted(long seed) {
    Random random = new Random(seed);
    for (int i = 0; i < 200; i++) {
      put(key(random));
    }
    int steps = 0;
    while (count.rows() == RowCount.UNKNOWN) {
      int ignored = count.countOn(store, 1 + random.nextInt(3));
      change(random);
      steps++;
    }
    assertThat(steps).as("seed %s", seed).isGreaterThan(10);
    for (int i = 0; i < 100; i++) {
      change(random);
      assertThat(count.rows()).as("seed %s", seed).isEqualTo(committed.size());
    }
  }

  /** Commits some rows: new ones, changed ones, deleted ones and such as never were there. */
  private void change(Random random) {
    for (int i = 0; i < 3; i++) {
      byte[] key = key(random);
      byte[] before = committed.get(key);
      byte[] after = random.nextBoolean() ? VALUE : null;
      count.committed(key, before, after);
      if (after == null) {
        committed.remove(key);
        store.write(new StoreBatch().delete(key));
      } else {
        put(key);
      }
    }
  }

  private void put(byte[] key) {
    committed.put(key, VALUE);
    store.write(new StoreBatch().put(key, VALUE));
  }

  private static byte[] key(Random random) {
    byte[] key = new byte[1 + random.nextInt(3)];
    for (int i = 1; i < key.length; i++) {
      key[i] = (byte) random.nextInt(16);
    }
    key[0] = STORE;
    return key;
  }
}
