package dev.millrace.internal.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.state.Overlay;
import dev.millrace.internal.state.OverlayLimits;
import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.state.StoredValueFormat;
import dev.millrace.internal.state.disk.ChildJvm;
import dev.millrace.internal.state.store.Checkpoint;
import dev.millrace.internal.state.store.StateStore;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Far more keys than the heap could hold, which an overlay with honest accounts survives. */
final class OverlayMemoryTest {

  @TempDir Path directory;

  private static final class Counts implements StoredValueFormat<Long> {

    @Override
    public byte[] toBytes(Long value) {
      return ByteBuffer.allocate(13).putLong(5, value).array();
    }

    @Override
    public Long fromBytes(byte[] bytes) {
      return ByteBuffer.wrap(bytes).getLong(5);
    }
  }

  /** Counts distinct keys; the overlay gets a share of the heap. */
  static final class Counter {

    private Counter() {}

    public static void main(String[] arguments) {
      int keys = Integer.parseInt(arguments[1]);
      long budget = Runtime.getRuntime().maxMemory() / 4;
      try (RocksDbStateStores stores = new RocksDbStateStores(new StateMemory(32L << 20));
          StateStore store = stores.open(Path.of(arguments[0]))) {
        Overlay overlay = new Overlay(store, OverlayLimits.writingBack(budget));
        RowStore<Long> rows = overlay.rows(1, new Counts());
        long txn = 0;
        for (int i = 0; i < keys; i++) {
          Row<Long> row = rows.row(key(i));
          Long count = row.value();
          row.set(count == null ? 1L : count + 1);
          if (overlay.dirtyBytes() > budget / 2) {
            txn++;
            overlay.commit(new Checkpoint(0, 0, i, txn, txn * 100, 0));
          }
        }
        overlay.commit(new Checkpoint(0, 0, keys, txn + 1, txn * 100, 0));
        overlay.writeBack();
        System.out.println("stored about " + store.approximateRows());
      }
    }

    private static byte[] key(int i) {
      return ByteBuffer.allocate(16).putLong(i * 0x9E3779B97F4A7C15L).putLong(i).array();
    }
  }

  @Test
  void aHeapOf24MbCounts400ThousandKeys() throws Exception {
    count("24m", 400_000);
  }

  @Test
  @Tag("slow")
  void aHeapOf256MbCountsFiveMillionKeys() throws Exception {
    count("256m", 5_000_000);
  }

  private void count(String heap, int keys) throws Exception {
    try (ChildJvm child =
        ChildJvm.startWithHeap(heap, Counter.class, directory.toString(), Integer.toString(keys))) {
      String[] words = child.line().split(" ");
      assertThat(Long.parseLong(words[2])).isBetween(keys * 9L / 10, keys * 11L / 10);
    }
  }
}
