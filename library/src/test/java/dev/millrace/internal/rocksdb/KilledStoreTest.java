package dev.millrace.internal.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.state.disk.ChildJvm;
import dev.millrace.internal.state.store.Checkpoint;
import dev.millrace.internal.state.store.InMemoryStateStore;
import dev.millrace.internal.state.store.RowIterator;
import dev.millrace.internal.state.store.StateStore;
import dev.millrace.internal.state.store.StoreBatch;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What kill -9 leaves of a store is what some batch left, whole. */
final class KilledStoreTest {

  private static final int KILLS = 10;
  private static final int KEYS = 20_000;

  @TempDir Path directory;

  /** Writes one batch after the other, from where the store is, until it is killed. */
  static final class Writer {

    private Writer() {}

    public static void main(String[] arguments) {
      try (RocksDbStateStores stores = new RocksDbStateStores(new StateMemory(8L << 20));
          StateStore store = stores.open(Path.of(arguments[0]))) {
        long seq = seqOf(store);
        System.out.println("writing from " + seq);
        while (true) {
          seq++;
          store.write(changes(seq));
          if (seq % 40 == 0) {
            store.startFlush();
          }
          if (seq % 300 == 0) {
            store.flush();
          }
        }
      }
    }
  }

  @Test
  void aKilledStoreReopensAsAPrefixThatFitsItsCheckpoint() throws Exception {
    long seed = 20_261;
    Random random = new Random(seed);
    StateStore model = new InMemoryStateStore();
    long modelSeq = 0;
    for (int kill = 0; kill < KILLS; kill++) {
      try (ChildJvm child = ChildJvm.start(Writer.class, directory.toString())) {
        assertThat(child.line())
            .as("seed %s, kill %s", seed, kill)
            .isEqualTo("writing from " + modelSeq);
        child.killAfterMs(50 + random.nextInt(400));
      }
      try (RocksDbStateStores stores = new RocksDbStateStores(new StateMemory(8L << 20));
          StateStore store = stores.open(directory)) {
        long seq = seqOf(store);
        assertThat(seq).as("seed %s, kill %s", seed, kill).isGreaterThanOrEqualTo(modelSeq);
        while (modelSeq < seq) {
          modelSeq++;
          model.write(changes(modelSeq));
        }
        assertSame(store, model, "seed " + seed + ", kill " + kill + ", transaction " + seq);
      }
    }
    assertThat(modelSeq).as("transactions that survived").isGreaterThan(100);
  }

  private static void assertSame(StateStore store, StateStore model, String where) {
    try (RowIterator scan = store.scan(new byte[0], null);
        RowIterator expected = model.scan(new byte[0], null)) {
      while (expected.next()) {
        assertThat(scan.next()).as(where).isTrue();
        if (!Arrays.equals(scan.key(), expected.key())
            || !Arrays.equals(scan.value(), expected.value())) {
          throw new AssertionError(where + ": another row at " + Arrays.toString(scan.key()));
        }
      }
      assertThat(scan.next()).as(where).isFalse();
    }
    assertThat(store.checkpoint()).as(where).isEqualTo(model.checkpoint());
  }

  private static long seqOf(StateStore store) {
    Checkpoint checkpoint = store.checkpoint();
    return checkpoint == null ? 0 : checkpoint.txnSeq();
  }

  /** {@return the changes of a transaction with its checkpoint, always the same} */
  private static StoreBatch changes(long seq) {
    StoreBatch batch = new StoreBatch();
    Random random = new Random(seq * 31);
    if (random.nextInt(50) == 0) {
      int from = random.nextInt(KEYS);
      batch.deleteRange(key(from), key(from + 300));
    }
    for (int i = 0; i < 100; i++) {
      byte[] key = key(random.nextInt(KEYS));
      if (random.nextInt(6) == 0) {
        batch.delete(key);
      } else {
        byte[] value = new byte[60];
        random.nextBytes(value);
        batch.put(key, value);
      }
    }
    return batch.checkpoint(new Checkpoint(0, 0, seq * 7, seq, seq, 0));
  }

  private static byte[] key(int i) {
    return ByteBuffer.allocate(5).put((byte) 1).putInt(i).array();
  }
}
