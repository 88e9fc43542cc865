package dev.millrace.internal.operator.pattern;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.state.Overlay;
import dev.millrace.internal.state.OverlayLimits;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.state.StoredValueFormat;
import dev.millrace.internal.state.store.Checkpoint;
import dev.millrace.internal.state.store.InMemoryStateStore;
import dev.millrace.internal.util.Hashing;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What is said to be absent is absent, whatever hashes keys share. */
final class PresentKeysTest {

  private static final long ENOUGH_BYTES = 1 << 20;
  private static final byte[] NO_KEY = {};

  private static final StoredValueFormat<Object> FORMAT =
      new StoredValueFormat<>() {
        @Override
        public byte[] toBytes(Object value) {
          return new byte[] {1};
        }

        @Override
        public Object fromBytes(byte[] bytes) {
          return true;
        }
      };

  private final InMemoryStateStore store = new InMemoryStateStore();
  private Overlay overlay = new Overlay(store, OverlayLimits.writingThrough(0));
  private RowStore<Object> rows = overlay.rows(1, FORMAT);
  private long transaction;

  @Test
  void knowsEachHashAsOftenAsItWasAdded() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    int[] hashes = random.ints(300).toArray();
    hashes[0] = 0;
    PresentKeys keys = new PresentKeys(rows, ENOUGH_BYTES);
    Map<Integer, Integer> model = new HashMap<>();
    for (int i = 0; i < 20_000; i++) {
      // Few at first, many later, and few again.
      int hash = hashes[random.nextInt(hashes.length)];
      int times = model.getOrDefault(hash, 0);
      if (times > 0 && random.nextInt(4) < (i / 5_000) % 4) {
        keys.remove(NO_KEY, 0, 0, hash);
        model.put(hash, times - 1);
      } else if (times < 3) {
        keys.add(NO_KEY, 0, 0, hash);
        model.put(hash, times + 1);
      }
      if (i % 97 == 0) {
        for (int each : hashes) {
          assertThat(keys.isAbsent(each))
              .as("seed %s, step %s, %s", seed, i, each)
              .isEqualTo(model.getOrDefault(each, 0) == 0);
        }
      }
    }
  }

  @Test
  void knowsAllOnceWhatWasThereIsRead() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int round = 0; round < 50; round++) {
      PresentKeys keys = new PresentKeys(rows, ENOUGH_BYTES);
      boolean beganEmpty = round == 0;
      for (int commit = 0; commit < 30; commit++) {
        for (int i = random.nextInt(6); i > 0; i--) {
          change(keys, key(random.nextInt(40)));
        }
        keys.readOn(2);
        commit();
        boolean isComplete = beganEmpty || commit >= 25;
        for (int i = 0; i < 40; i++) {
          byte[] key = key(i);
          boolean isThere = rows.row(key).exists();
          boolean isAbsent = keys.isAbsent(hash(key));
          assertThat(isAbsent && isThere).as("seed %s, %s", seed, i).isFalse();
          assertThat(isAbsent || isThere || !isComplete).as("seed %s, %s", seed, i).isTrue();
        }
      }
      overlay = new Overlay(store, OverlayLimits.writingThrough(0));
      rows = overlay.rows(1, FORMAT);
    }
  }

  @Test
  void knowsNothingOfTooManyKeys() {
    PresentKeys keys = new PresentKeys(rows, 16 * 10);
    for (int i = 0; i < 10; i++) {
      keys.add(NO_KEY, 0, 0, i);
    }
    assertThat(keys.isAbsent(10)).isTrue();
    keys.add(NO_KEY, 0, 0, 10);
    keys.add(NO_KEY, 0, 0, 11);
    keys.remove(NO_KEY, 0, 0, 10);
    assertThat(keys.isAbsent(20)).isFalse();
  }

  private void change(PresentKeys keys, byte[] key) {
    if (rows.row(key).exists()) {
      rows.row(key).delete();
      keys.remove(key, 0, key.length, hash(key));
    } else {
      rows.row(key).set(true);
      keys.add(key, 0, key.length, hash(key));
    }
  }

  private void commit() {
    overlay.commit(new Checkpoint(0, 0, 0, ++transaction, transaction * 100, 0));
  }

  private static byte[] key(int number) {
    return ("k" + number).getBytes(StandardCharsets.UTF_8);
  }

  private static int hash(byte[] key) {
    return Hashing.murmur2(key, 0, key.length);
  }
}
