package dev.millrace.internal.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.StateStoreException;
import dev.millrace.faults.SmallDisk;
import dev.millrace.internal.state.Overlay;
import dev.millrace.internal.state.OverlayLimits;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.state.StoredValueFormat;
import dev.millrace.internal.state.store.Checkpoint;
import dev.millrace.internal.state.store.RowIterator;
import dev.millrace.internal.state.store.StateStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real full disk; skipped where no small file system can be mounted. */
final class FullDiskTest {

  private static final int KEYS = 40_000;
  private static final long SEED = 99;

  @TempDir Path parent;

  /** Values of 200 bytes, each the number of its last transaction. */
  private static final class Numbers implements StoredValueFormat<Long> {

    @Override
    public byte[] toBytes(Long value) {
      byte[] bytes = new byte[200];
      new Random(value).nextBytes(bytes);
      return ByteBuffer.wrap(bytes).putLong(value).array();
    }

    @Override
    public Long fromBytes(byte[] bytes) {
      return ByteBuffer.wrap(bytes).getLong();
    }
  }

  @Test
  void aFullDiskLosesNothingThatTheCheckpointClaims() throws IOException {
    try (SmallDisk disk = SmallDisk.mount(parent, 24)) {
      check(disk);
    }
  }

  private static void check(SmallDisk small) throws IOException {
    Path disk = small.directory();
    Path ballast = small.ballast(19 << 20);
    Map<Integer, Long> lastTxn = new HashMap<>();
    Random random = new Random(SEED);
    long txn = 0;
    String message = null;
    try (RocksDbStateStores stores = new RocksDbStateStores(new StateMemory(8L << 20))) {
      StateStore store = stores.open(disk);
      Overlay overlay = new Overlay(store, OverlayLimits.writingThrough(1 << 20));
      RowStore<Long> rows = overlay.rows(1, new Numbers());
      while (message == null && txn < 2_000) {
        txn++;
        for (int i = 0; i < 100; i++) {
          int key = random.nextInt(KEYS);
          rows.row(key(key)).set(txn);
          lastTxn.put(key, txn);
        }
        try {
          overlay.commit(checkpoint(txn));
        } catch (StateStoreException e) {
          message = e.getMessage();
        }
      }
      assertThat(message)
          .as("seed %s", SEED)
          .startsWith("Cannot write state in " + disk)
          .contains("disk is full");
      assertThat(overlay.checkpoint()).isEqualTo(checkpoint(txn));
      // Committed rows are still there for whoever asks.
      int key = lastTxn.keySet().iterator().next();
      assertThat(rows.row(key(key)).value()).isEqualTo(lastTxn.get(key));
      store.close();

      Files.delete(ballast);
      long stored = checkPrefix(stores, disk);
      assertThat(stored).isBetween(0L, txn);
    }
  }

  /** Folds the same random transactions up to the checkpoint and compares. */
  private static long checkPrefix(RocksDbStateStores stores, Path disk) {
    try (StateStore store = stores.open(disk)) {
      Checkpoint checkpoint = store.checkpoint();
      long stored = checkpoint == null ? 0 : checkpoint.txnSeq();
      Random random = new Random(SEED);
      Map<Integer, Long> expected = new HashMap<>();
      for (long txn = 1; txn <= stored; txn++) {
        for (int i = 0; i < 100; i++) {
          expected.put(random.nextInt(KEYS), txn);
        }
      }
      int rows = 0;
      try (RowIterator scan = store.scan(new byte[0], null)) {
        while (scan.next()) {
          int key = ByteBuffer.wrap(scan.key()).getInt(1);
          assertThat(new Numbers().fromBytes(scan.value())).isEqualTo(expected.get(key));
          rows++;
        }
      }
      assertThat(rows).isEqualTo(expected.size());
      return stored;
    }
  }

  private static Checkpoint checkpoint(long txn) {
    return new Checkpoint(1, 2, txn * 10, txn, txn, 0);
  }

  private static byte[] key(int i) {
    return ByteBuffer.allocate(4).putInt(i).array();
  }
}
