package dev.millrace.internal.timer;

import dev.millrace.internal.state.Checkpoint;
import dev.millrace.internal.state.RowIterator;
import dev.millrace.internal.state.StateStore;
import dev.millrace.internal.state.StoreBatch;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A store that notes where scans of it begin. */
final class ScanLog implements StateStore {

  private final StateStore store;

  /** Where each scan began. */
  final List<byte[]> begins = new ArrayList<>();

  ScanLog(StateStore store) {
    this.store = store;
  }

  @Override
  public RowIterator scan(byte[] fromInclusive, byte @Nullable [] toExclusive) {
    begins.add(fromInclusive);
    return store.scan(fromInclusive, toExclusive);
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
