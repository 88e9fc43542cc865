package dev.millrace.internal.handle;

import dev.millrace.internal.codec.key.KeyCodec;
import dev.millrace.internal.codec.key.KeyCodecs;
import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowScan;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.Hashing;
import dev.millrace.state.MapState;
import dev.millrace.time.TimeDomain;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A map per key: a row's key is the length of the key, the key, and the map's key.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class DeclaredMap<M, V> extends Handle implements MapState<M, V> {

  private final Type keyType;
  private final Type valueType;
  private final KeyCodec<M> keys;
  private final ByteWriter rowKey = new ByteWriter(64);
  private @Nullable RowStore<Object> rows;
  private UnaryOperator<Object> copying = value -> value;

  @SuppressWarnings("unchecked") // the codec is that of the key's type
  DeclaredMap(Declarations declarations, String name, Type keyType, Type valueType) {
    super(declarations, name);
    this.keyType = keyType;
    this.valueType = valueType;
    this.keys = (KeyCodec<M>) KeyCodecs.forType(keyType);
  }

  @Override
  HandleSpec spec() {
    return new HandleSpec(
        name(), HandleSpec.Kind.MAP, valueType, Optional.of(keyType), timeToLive());
  }

  @Override
  void bound(Binding to) {
    rows = to.rows(name());
    copying = to.copying(name());
  }

  @Override
  RowStore<Object> expiringRows() {
    return onceBound(rows);
  }

  @Override
  void expired(Row<Object> row) {
    row.delete();
  }

  private Row<Object> row(M key) {
    ByteWriter prefix = scope().prefix();
    rowKey.clear();
    rowKey.writeBytes(prefix.array(), 0, prefix.size());
    keys.encode(key, rowKey);
    int hash = Hashing.murmur2(rowKey.array(), 0, rowKey.size());
    return expiringRows().row(rowKey.array(), 0, rowKey.size(), hash);
  }

  @Override
  @SuppressWarnings("unchecked") // only V are put
  public @Nullable V value(M key) {
    Object value = alive(row(key));
    return value == null ? null : (V) copied(copying, value);
  }

  @Override
  public boolean contains(M key) {
    return alive(row(key)) != null;
  }

  @Override
  public void put(M key, V value) {
    store(row(key), copied(copying, checked(name(), value)));
  }

  @Override
  public void remove(M key) {
    drop(row(key));
  }

  @Override
  @SuppressWarnings("unchecked") // only V are put
  public List<Map.Entry<M, V>> entries() {
    List<Map.Entry<M, V>> entries = new ArrayList<>();
    byte[] prefix = scope().prefix().toByteArray();
    try (RowScan<Object> scan = expiringRows().scanPrefix(prefix)) {
      while (scan.next()) {
        Row<Object> row = scan.row();
        Object value = alive(row);
        if (value != null) {
          M key =
              keys.decode(
                  row.fullKey(), row.keyOffset() + prefix.length, row.keyLength() - prefix.length);
          entries.add(Map.entry(key, (V) copied(copying, value)));
        }
      }
    }
    return Collections.unmodifiableList(entries);
  }

  @Override
  public boolean isEmpty() {
    try (RowScan<Object> scan = expiringRows().scanPrefix(scope().prefix().toByteArray())) {
      while (scan.next()) {
        if (alive(scan.row()) != null) {
          return false;
        }
      }
    }
    return true;
  }

  @Override
  public void clear() {
    try (RowScan<Object> scan = expiringRows().scanPrefix(scope().prefix().toByteArray())) {
      while (scan.next()) {
        drop(scan.row());
      }
    }
  }

  @Override
  public MapState<M, V> expireAfter(Duration time) {
    live(time, Optional.empty());
    return this;
  }

  @Override
  public MapState<M, V> expireAfter(Duration time, TimeDomain domain) {
    live(time, Optional.of(domain));
    return this;
  }
}
