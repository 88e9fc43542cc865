package dev.millrace.internal.handle;

import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowScan;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.timer.OrderedTime;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.Hashing;
import dev.millrace.state.ListState;
import dev.millrace.time.TimeDomain;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A list per key, in two stores: the length by key; the elements by length of the key, key, and
 * place in the list.
 *
 * <p>I1: elements stand at the places from 0 to the length, exclusive, and nowhere else.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class DeclaredList<V> extends Handle implements ListState<V> {

  private final Type type;
  private final ByteWriter rowKey = new ByteWriter(64);
  private @Nullable RowStore<Object> elements;
  private @Nullable RowStore<Object> lengths;
  private UnaryOperator<Object> copying = value -> value;

  DeclaredList(Declarations declarations, String name, Type type) {
    super(declarations, name);
    this.type = type;
  }

  @Override
  HandleSpec spec() {
    return new HandleSpec(name(), HandleSpec.Kind.LIST, type, Optional.empty(), timeToLive());
  }

  @Override
  void bound(Binding to) {
    elements = to.rows(name());
    lengths = to.rows(spec().lengths());
    copying = to.copying(name());
  }

  @Override
  RowStore<Object> expiringRows() {
    return onceBound(lengths);
  }

  @Override
  void expired(Row<Object> row) {
    ByteWriter prefix = new ByteWriter(64);
    prefix.writeVarint(row.keyLength());
    prefix.writeBytes(row.fullKey(), row.keyOffset(), row.keyLength());
    byte[] from = prefix.toByteArray();
    onceBound(elements).deleteRange(from, RowStore.successor(from));
    row.delete();
  }

  private Row<Object> lengthRow() {
    KeyScope scope = scope();
    return onceBound(lengths).row(scope.bytes(), scope.offset(), scope.length(), scope.hash());
  }

  private long length(Row<Object> row) {
    Object length = alive(row);
    return length == null ? 0 : (long) length;
  }

  private Row<Object> elementRow(long place) {
    ByteWriter prefix = scope().prefix();
    rowKey.clear();
    rowKey.writeBytes(prefix.array(), 0, prefix.size());
    OrderedTime.write(rowKey, place);
    int hash = Hashing.murmur2(rowKey.array(), 0, rowKey.size());
    return onceBound(elements).row(rowKey.array(), 0, rowKey.size(), hash);
  }

  @Override
  @SuppressWarnings("unchecked") // only V are added
  public List<V> values() {
    List<V> values = new ArrayList<>();
    if (length(lengthRow()) > 0) {
      try (RowScan<Object> scan = onceBound(elements).scanPrefix(scope().prefix().toByteArray())) {
        while (scan.next()) {
          values.add((V) copying.apply(checked(name(), scan.row().value())));
        }
      }
    }
    return Collections.unmodifiableList(values);
  }

  @Override
  public int size() {
    return (int) length(lengthRow());
  }

  @Override
  public void add(V element) {
    Object copy = copying.apply(checked(name(), element));
    Row<Object> row = lengthRow();
    long length = length(row);
    if (length == 0 && row.exists()) {
      dropElements(); // They have expired, but are not deleted yet.
    }
    scope().set(elementRow(length), copy);
    store(row, length + 1);
  }

  @Override
  public void replace(List<? extends V> newElements) {
    List<V> all = new ArrayList<>(newElements);
    clear();
    all.forEach(this::add);
  }

  @Override
  public void clear() {
    Row<Object> row = lengthRow();
    if (row.exists()) {
      dropElements();
      drop(row);
    }
  }

  private void dropElements() {
    KeyScope scope = scope();
    try (RowScan<Object> scan = onceBound(elements).scanPrefix(scope.prefix().toByteArray())) {
      while (scan.next()) {
        scope.delete(scan.row());
      }
    }
  }

  @Override
  public ListState<V> expireAfter(Duration time) {
    live(time, Optional.empty());
    return this;
  }

  @Override
  public ListState<V> expireAfter(Duration time, TimeDomain domain) {
    live(time, Optional.of(domain));
    return this;
  }
}
