package dev.millrace.internal.timer;

import dev.millrace.internal.state.store.Checkpoint;
import dev.millrace.internal.state.store.RowIterator;
import dev.millrace.internal.state.store.StateStore;
import dev.millrace.internal.state.store.StoreBatch;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A store that notes where scans of it begin, and how many rows they pass. */
public final class ScanLog implements StateStore {

  private final StateStore store;

  /** Where each scan began. */
  public final List<byte[]> begins = new ArrayList<>();

  /** The number of rows that scans have passed. */
  public long rows;

  /** Creates a store over another one. */
  public ScanLog(StateStore store) {
    this.store = store;
  }

  @Override
  public RowIterator scan(byte[] fromInclusive, byte @Nullable [] toExclusive) {
    begins.add(fromInclusive);
    RowIterator scan = store.scan(fromInclusive, toExclusive);
    return new RowIterator() {
      @Override
      public boolean next() {
        boolean more = scan.next();
        rows += more ? 1 : 0;
        return more;
      }

      @Override
      public byte[] key() {
        return scan.key();
      }

      @Override
      public byte[] value() {
        return scan.value();
      }

      @Override
      public void close() {
        scan.close();
      }
    };
  }

  @Override
  public byte @Nullable [] get(byte[] key) {
    return store.get(key);
  }

  @Override
  public List<byte @Nullable []> multiGet(List<byte[]> keys) {
    return store.multiGet(keys);
  }

  @Override
  public void write(StoreBatch batch) {
    store.write(batch);
  }

  @Override
  public @Nullable Checkpoint checkpoint() {
    return store.checkpoint();
  }

  @Override
  public void flush() {
    store.flush();
  }

  @Override
  public void startFlush() {
    store.startFlush();
  }

  @Override
  public long approximateRows() {
    return store.approximateRows();
  }

  @Override
  public void close() {
    store.close();
  }
}
