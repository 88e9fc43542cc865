package dev.millrace.internal.state.store;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A state store on the heap, which is gone when it is closed.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
public final class InMemoryStateStore implements StateStore {

  private final NavigableMap<byte[], byte[]> rows = new TreeMap<>(Arrays::compareUnsigned);
  private @Nullable Checkpoint checkpoint;
  private boolean closed;

  @Override
  public byte @Nullable [] get(byte[] key) {
    checkOpen();
    return rows.get(key);
  }

  @Override
  public List<byte @Nullable []> multiGet(List<byte[]> keys) {
    checkOpen();
    List<byte @Nullable []> values = new ArrayList<>(keys.size());
    for (byte[] key : keys) {
      values.add(rows.get(key));
    }
    return values;
  }

  @Override
  public RowIterator scan(byte[] fromInclusive, byte @Nullable [] toExclusive) {
    checkOpen();
    NavigableMap<byte[], byte[]> range;
    if (toExclusive == null) {
      range = rows.tailMap(fromInclusive, true);
    } else if (Arrays.compareUnsigned(fromInclusive, toExclusive) >= 0) {
      range = new TreeMap<>(Arrays::compareUnsigned);
    } else {
      range = rows.subMap(fromInclusive, true, toExclusive, false);
    }
    return new MapIterator(range.entrySet().iterator());
  }

  @Override
  public void write(StoreBatch batch) {
    checkOpen();
    batch.forEach(
        new StoreBatch.Visitor() {
          @Override
          public void put(byte[] key, byte[] value) {
            rows.put(key, value);
          }

          @Override
          public void delete(byte[] key) {
            rows.remove(key);
          }

          @Override
          public void deleteRange(byte[] fromInclusive, byte[] toExclusive) {
            rows.subMap(fromInclusive, true, toExclusive, false).clear();
          }
        });
    Checkpoint newCheckpoint = batch.checkpoint();
    if (newCheckpoint != null) {
      checkpoint = newCheckpoint;
    }
  }

  @Override
  public @Nullable Checkpoint checkpoint() {
    checkOpen();
    return checkpoint;
  }

  @Override
  public void flush() {
    checkOpen();
  }

  @Override
  public void startFlush() {
    checkOpen();
  }

  @Override
  public long approximateRows() {
    checkOpen();
    return rows.size();
  }

  @Override
  public void close() {
    closed = true;
    rows.clear();
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("Cannot use a state store: it is closed");
    }
  }

  private static final class MapIterator implements RowIterator {

    private final Iterator<Map.Entry<byte[], byte[]>> entries;
    private Map.@Nullable Entry<byte[], byte[]> entry;

    MapIterator(Iterator<Map.Entry<byte[], byte[]>> entries) {
      this.entries = entries;
    }

    @Override
    public boolean next() {
      entry = entries.hasNext() ? entries.next() : null;
      return entry != null;
    }

    @Override
    public byte[] key() {
      return present().getKey();
    }

    @Override
    public byte[] value() {
      return present().getValue();
    }

    @Override
    public void close() {}

    private Map.Entry<byte[], byte[]> present() {
      if (entry == null) {
        throw new IllegalStateException("Cannot read a row: the iterator is not on one");
      }
      return entry;
    }
  }
}
